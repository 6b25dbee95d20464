import pytest

from local.host.routes import parse


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/things", "/api/things", {}),
        ("api/things", "/API/Things/", {}),
        ("api/things", "/api/things/1", None),
        ("api/{name}", "/api/a b", {"name": "a b"}),
        ("api/{name}", "/api/a/b", None),
        ("api/{name}", "/api", None),
        ("api/{name?}", "/api", {}),
        ("api/{name?}", "/api/a", {"name": "a"}),
        ("api/{root:maxlength(0)?}", "/api/", {}),
        ("api/{root:maxlength(0)?}", "/api", {}),
        ("api/{root:maxlength(0)?}", "/api/a", None),
        ("api/{name:maxlength(2)}", "/api/abc", None),
        ("api/{name:maxlength(2)}", "/api/ab", {"name": "ab"}),
        ("api/{*rest}", "/api/a/b", {"rest": "a/b"}),
        ("api/{*rest}", "/api", {}),
        ("api/{*rest}", "/api//a", None),
        ("{a}/{b}", "//b", None),
    ],
)
def test_template_matches_like_asp_net(template: str, path: str, values: dict[str, str] | None) -> None:
    assert parse(template).match(path) == values


@pytest.mark.parametrize("template", ["{", "a/{x", "{x:int}", "{x=1}", "{a}.{b}", "{x-y}", "}", "{**rest}"])
def test_a_template_that_is_bad_or_of_another_kind_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"route"):
        parse(template)
