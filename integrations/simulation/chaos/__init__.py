"""`make chaos`: proves "exactly one job, whatever fails" by making every call fail in every way, judged from outside."""
