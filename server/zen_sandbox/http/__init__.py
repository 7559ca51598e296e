"""HTTP/1.1 between sockets and the ASGI application; every failure of it is a problem document."""
