"""The checks of infra/ are worth something only if the reader sees what is wrong."""

from pathlib import Path

import pytest

from tests.unit.infra.bicep import Template, read


@pytest.fixture
def template(tmp_path: Path) -> Template:
    (tmp_path / "part.bicep").write_text("param wanted string\nparam spare string = ''\noutput made string = wanted\n")
    (tmp_path / "whole.bicep").write_text(
        """
        param used string
        param unused string = 'used'
        var inText = 'a-${used}-${replace(misspelt, '.a', '.b')}'
        var property = inText.misspeltProperty.another
        module part 'part.bicep' = [for (one, number) in [property]: {
          name: 'part-${number}'
          params: {
            wanted: one
            unknown: part.outputs.missing
          }
        }]
        """
    )
    return read(tmp_path / "whole.bicep")


def test_names_in_texts_loops_and_before_dots_are_references_and_properties_are_not(template: Template) -> None:
    assert template.references == {"used", "misspelt", "inText", "property", "one", "number", "part"}


def test_a_name_that_is_not_declared_and_a_parameter_that_is_not_used_are_seen(template: Template) -> None:
    assert template.references - template.declared == {"misspelt"}
    assert template.section("parameters").keys() - template.references == {"unused"}


def test_what_a_module_is_given_and_wants_is_seen(template: Template) -> None:
    (part,) = template.modules
    assert part.given == {"wanted", "unknown"}
    assert read(part.path).required == {"wanted"}
    assert template.used_outputs == {("part", "missing")}
