"""Somebody with a browser that has no JavaScript: keeps cookies, fills in forms, reads answers."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie


@dataclass
class Page:
    status: int
    text: str
    url: str


@dataclass
class Person:
    """Talks to 127.0.0.1 with the host's name in `Host`: Python does not resolve *.localhost."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    #: Sent with every request, whatever a browser would send.
    headers: dict[str, str] = field(default_factory=dict)
    #: The latest answer's cookies, as they were set.
    set_cookies: list[str] = field(default_factory=list)

    def get(self, path: str) -> Page:
        return self.request("GET", path)

    def post(self, path: str, data: dict[str, str]) -> Page:
        return self.request("POST", path, data)

    def submit(self, path: str, **answers: str | None) -> Page:
        """Open a page, fill in its last form (None leaves a field out) and send it."""
        page = self.get(path)
        assert page.status == 200, (page.status, page.text[:500])
        fields = FormReader.fields_of(page.text) | answers
        return self.post(
            page.url, {name: text for name, text in fields.items() if text is not None}
        )

    def log_in(self, username: str, password: str) -> Page:
        return self.submit("/admin/login/?next=/admin/", username=username, password=password)

    def request(self, method: str, path: str, data: dict[str, str] | None = None) -> Page:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": f"{self.host}:{self.port}", "Cookie": self.cookie_header()}
        headers |= self.headers
        body = None
        if data is not None:
            body = urllib.parse.urlencode(data)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        self.set_cookies = response.headers.get_all("Set-Cookie", [])
        for header in self.set_cookies:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        connection.close()
        if response.status in {301, 302}:
            target = urllib.parse.urljoin(path, response.headers["Location"])
            return self.request("GET", target)
        return Page(response.status, text, path)

    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class FormReader(HTMLParser):
    """Collects the fields of a page's POST forms, as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.inside = False
        self.select = self.textarea = ""

    @classmethod
    def fields_of(cls, html: str) -> dict[str, str]:
        reader = cls()
        reader.feed(html)
        return max(reader.forms, key=len)

    @staticmethod
    def errors_of(html: str) -> list[str]:
        return re.findall(r'<ul class="errorlist.*?</ul>', html, re.DOTALL)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = (given.get("method") or "").lower() == "post"
            if self.inside:
                self.forms.append({})
        elif self.inside:
            self.field(tag, given)

    def field(self, tag: str, given: dict[str, str | None]) -> None:
        name, value = given.get("name") or "", given.get("value") or ""
        kind = given.get("type", "text")
        if tag == "input" and name and kind not in {"submit", "button", "file"}:
            if kind not in {"checkbox", "radio"} or "checked" in given:
                self.forms[-1][name] = value or ("on" if kind == "checkbox" else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.forms[-1][self.select] = value
        elif tag == "textarea":
            self.textarea = name
            self.forms[-1][name] = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.forms[-1][self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""
