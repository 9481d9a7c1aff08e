"""How the web process runs. gunicorn reads this file from the folder it is started in; the command line wins over it.

The units, the image and the demo all start `gunicorn automationhub.wsgi` here, so these values are everywhere.
"""

bind = "127.0.0.1:8000"
workers = 2
# A sender who is slow holds a thread and not the process. One process may get most connections, so its threads alone must
# outnumber twenty slow senders. A thread takes a database connection only for a request that has arrived, and keeps it for
# a minute: with 2 x 32 at worst, PostgreSQL's usual 100 still suffice.
worker_class = "automationhub.lib.web_worker.TimedThreadWorker"
threads = 32
timeout = 60
graceful_timeout = 45  # below the 60 seconds after which systemd kills
accesslog = "-"
# A socket by which anyone with this user's rights could command the web process; nothing here uses it.
control_socket_disable = True
