# The library's ways to talk to anybody.
# result: {"refused": ["socket", "connection", "urlopen", "http", "ftp", "smtp", "asyncio", "server", "https"], "gaierror": ["names", "datagrams"], "ok": ["twin"]}
import asyncio
import importlib
import urllib.request

ftplib, http, smtplib, socket, socketserver = map(importlib.import_module, ("ftplib", "http.client", "smtplib", "socket", "socketserver"))


def main(targets):
    port = targets["tcp"]

    def opened(url):
        try:
            urllib.request.urlopen(url)
        except urllib.request.URLError as e:
            raise e.reason

    return reach(
        socket=socket.socket, connection=lambda: socket.create_connection(("127.0.0.1", port)), urlopen=lambda: opened(f"http://127.0.0.1:{port}/"),
        http=lambda: http.HTTPConnection("127.0.0.1", port).request("GET", "/"), ftp=lambda: ftplib.FTP("127.0.0.1"), smtp=lambda: smtplib.SMTP("127.0.0.1", port),
        asyncio=lambda: asyncio.run(asyncio.open_connection("127.0.0.1", port)), server=lambda: socketserver.TCPServer(("127.0.0.1", 0), None),
        https=lambda: opened(f"https://127.0.0.1:{port}/"), names=lambda: socket.getaddrinfo("localhost", 80), datagrams=lambda: socket.gethostbyname("example.com"),
        twin=lambda: socket.socketpair(),
    )
