import pytest

from local.host.routes import by_precedence, decode_path, parse


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/things", "/api/things", {}),
        ("api/things", "/API/Things/", {}),
        ("api/things", "/api/things/1", None),
        ("api/{name}", "/api/a b", {"name": "a b"}),
        ("api/{name}", "/api/a/b", None),
        ("api/{id:int}", "/api/-5", {"id": "-5"}),
        ("api/{id:int}", "/api/2147483648", None),
        ("api/{id:long}", "/api/2147483648", {"id": "2147483648"}),
        ("api/{id:guid}", "/api/12345678-1234-1234-1234-123456789012", {"id": "12345678-1234-1234-1234-123456789012"}),
        ("api/{id:guid}", "/api/1", None),
        ("api/{id:int:min(3)}", "/api/2", None),
        ("api/{id:range(3,5)}", "/api/5", {"id": "5"}),
        ("api/{x:length(2,3)}", "/api/abcd", None),
        ("api/{x:regex(^a(b|c)$)}", "/api/ac", {"x": "ac"}),
        ("api/{x:alpha}", "/api/a1", None),
        ("api/{x:bool}", "/api/True", {"x": "True"}),
        ("api/{x?}", "/api", {}),
        ("api/{x:int?}", "/api/x", None),
        ("api/{x=5}", "/api", {"x": "5"}),
        ("api/{*rest}", "/api/a/b", {"rest": "a/b"}),
        ("api/{**rest}", "/api", {}),
        ("api/{file}.{ext}", "/api/a.b.c", {"file": "a.b", "ext": "c"}),
        ("{a}/{b}", "//b", None),
    ],
)
def test_template_matches_like_asp_net(template: str, path: str, values: dict[str, str] | None) -> None:
    assert parse(template).match(path) == values


@pytest.mark.parametrize("template", ["{", "a/{x", "{x:nonsense}", "{x-y}", "}"])
def test_bad_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"route"):
        parse(template)


def test_the_more_literal_template_comes_first() -> None:
    templates = ["{*rest}", "a/{x}", "a/{x:int}", "a/b", "{y}/b"]
    ordered = by_precedence((parse(each), each) for each in templates)
    assert [name for _, name in ordered] == ["a/b", "a/{x:int}", "a/{x}", "{y}/b", "{*rest}"]


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [("/a%20b", "/a b"), ("/a%2520b", "/a%20b"), ("/a%2Fb%2fc", "/a%2Fb%2fc"), ("/%C3%BC", "/ü")],
)
def test_path_is_decoded_once_and_keeps_its_segments(raw: str, decoded: str) -> None:
    assert decode_path(raw) == decoded
