"""Pages of the policy: the one in force for everybody, and for whoever drafts: findings, forms of the parts, the file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.policy import queries
from kivijalka.policy.checks import KINDS
from kivijalka.policy.document import as_json, as_yaml
from kivijalka.policy.forms import LABELS, PartForm, parts_of
from kivijalka.policy.models import PolicyVersion
from kivijalka.policy.registers import policies
from kivijalka.policy.scales import LEVELS, Scales
from kivijalka.register.doors import rows
from kivijalka.register.doors.forms import cleaned
from kivijalka.register.plain import plain
from kivijalka.register.refusal import NotThere, Refused

MOST_BYTES = 2_000_000
TYPES = {"yaml": (as_yaml, "application/yaml"), "json": (as_json, "application/json")}


@require_GET
def in_force(request: ActingRequest) -> HttpResponse:
    """The policy in force on the day looked at, as a page that everybody may read."""
    day = day_of(request)
    return _read(request, queries.policy_in_force(day))


@require_GET
def read(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Any version as a page: one that was put in force is everybody's to read, a draft whose reach covers it."""
    known = next((version for version in queries.decided() if version.pk == pk), None)
    return _read(request, known or rows.one(policies, pk))


def _read(request: ActingRequest, policy: PolicyVersion) -> HttpResponse:
    scales = policy.scales
    context = {
        "policy": policy,
        "scales": scales,
        "matrix": matrix_of(scales),
        "likelihood": [(step.name, step) for step in scales.likelihood],
        "dimensions": [(d, [(scales.impact_levels[s.level - 1].name, s) for s in d.levels]) for d in scales.dimensions],
        "classes": [{"of": found, "accepted_by": scales.authority(found.stored)} for found in scales.classes],
        "appetite": [(LABELS[kind], scales.class_by_key[getattr(scales.appetite, kind)]) for kind in KINDS],
        "versions": queries.decided(),
    }
    return render(request, "policy/read.html", context)


def matrix_of(scales: Scales) -> list[tuple[Any, list[Any]]]:
    """Rows of the matrix, the likeliest first: the step of likelihood, and the class of each cell."""
    return [
        (scales.likelihood[row - 1], [scales.class_by_key[key] for key in scales.matrix[row]])
        for row in reversed(LEVELS)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def check_page(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What the check finds in a version; for a draft its parts and its file, in and out."""
    policy = rows.one(policies, pk)
    refused = None
    if request.method == "POST":
        try:
            document = _uploaded(request)
            policies.all_commands["replace"](request.actor, policy, document=document)
        except NotThere:
            raise
        except Refused as told:
            refused = told
        else:
            messages.success(request, _("The content was replaced."))
            return redirect("policy-check", pk)
    findings = queries.findings_of(policy)
    names = dict(parts_of(policy.content))
    parts = list(names.items()) if policy.can_replace and request.as_of is None else []
    context = {
        "policy": policy,
        "grave": [(names.get(finding.part), finding) for finding in findings if finding.grave],
        "told": [(names.get(finding.part), finding) for finding in findings if not finding.grave],
        "parts": parts,
        "refused": refused,
    }
    return render(request, "policy/check.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def part_page(request: ActingRequest, pk: UUID, part: str) -> HttpResponse:
    """The form of one part. It writes through the command that takes a whole document."""
    policy = rows.one(policies, pk)
    if refused := rows.why_not(policy, "replace"):
        raise refused
    form = PartForm(policy.content, part, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            cleaned(form)
            version = request.POST.get("version", "")
            policies.all_commands["replace"](
                request.actor,
                policy,
                version=int(version) if version.isdecimal() and len(version) < 10 else None,
                document=as_json(queries.document_of(policy, form.changed_content())),
            )
        except NotThere:
            raise
        except Refused as told:
            refused = told
            if form.is_valid():
                form.refuse(told)
        else:
            messages.success(request, _("Saved."))
            return redirect("policy-check", pk)
    parts = parts_of(policy.content)
    context = {
        "policy": policy,
        "form": form,
        "refused": refused,
        "parts": parts,
        "part": part,
        "name": dict(parts)[part],
    }
    return render(request, "policy/part.html", context, status=422 if refused else 200)


@require_GET
def file(request: ActingRequest, pk: UUID, kind: str) -> HttpResponse:
    """A version as a file that can be loaded again."""
    if kind not in TYPES:
        raise NotThere
    policy = rows.one(policies, pk)
    write, content_type = TYPES[kind]
    headers = {
        "Content-Disposition": f'attachment; filename="{policy.code}.{kind}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(
        write(queries.document_of(policy)), content_type=f"{content_type}; charset=utf-8", headers=headers
    )


def panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On a policy's record page: where it can be read, checked and taken as a file."""
    if not isinstance(record, PolicyVersion):
        return None
    return "policy/_panel.html", {"policy": record, "grave": sum(f.grave for f in queries.findings_of(record))}


def _uploaded(request: ActingRequest) -> str:
    given = request.FILES.get("file")
    if given is None:
        raise Refused(_("No file was chosen. Choose a YAML or JSON file."), code="no_file", field="file")
    if (given.size or 0) > MOST_BYTES:
        raise Refused(_("The file is larger than a policy can be."), code="too_long", field="file")
    try:
        return plain(str(given.read(), "utf-8-sig"))
    except UnicodeDecodeError as error:
        text = _("The file is not text in UTF-8. Save it as UTF-8.")
        raise Refused(text, code="not_text", field="file") from error
