"""Mail that cannot get lost: a row in the caller's transaction first, sent by a worker afterwards."""
