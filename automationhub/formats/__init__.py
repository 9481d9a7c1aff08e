"""How Django itself shows days and times, by language (FORMAT_MODULE_PATH)."""
