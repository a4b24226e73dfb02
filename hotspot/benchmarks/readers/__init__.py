"""One module a format of benchmark results, listed in ``registry``; what they share is in ``base``."""
