"""`/api/docs`: the API document, for people."""

from dataclasses import dataclass
from http import HTTPStatus

import azure.functions as func

from shared.api.openapi.api_document import ApiDocument
from shared.api.pages.reference.chapters import chapters, example
from shared.api.pages.reference.wording import anchor, limits_of, prose, type_of
from shared.api.pages.rendering import Page

_PAGE = Page("reference")
_WORDING = {"anchor": anchor, "example": example, "limits_of": limits_of, "prose": prose, "type_of": type_of}


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """Draws the document; the page's link to it carries the key that the page was asked for with."""

    document: ApiDocument

    def show(self, request: func.HttpRequest) -> func.HttpResponse:
        """Answer with the page."""
        document, key = self.document.content, request.params.get("code")
        return _PAGE.answer(HTTPStatus.OK, document=document, chapters=chapters(document), key=key, **_WORDING)
