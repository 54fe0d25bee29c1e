"""What is kept of every register: records, nodes and links; and what each person or file of the city has beside them."""

from kivijalka.register.models.attachments import Attachment
from kivijalka.register.models.discussion import Comment, Follow
from kivijalka.register.models.files import Content, ImportedRow, ImportFile, ImportMapping
from kivijalka.register.models.records import (
    SPAN,
    CodeField,
    Confidentiality,
    DeclaredAccess,
    FinnishOrder,
    Kept,
    Link,
    Named,
    NewId,
    Node,
    Record,
    SeenQuerySet,
    held_by,
    indexes,
    record_address,
)
from kivijalka.register.models.working import Digest, Draft, SavedView, Sent, Snooze
from kivijalka.register.own.models import OwnField  # after what it stands on
from kivijalka.register.sealing.models import Seal

__all__ = [
    "SPAN",
    "Attachment",
    "CodeField",
    "Comment",
    "Confidentiality",
    "Content",
    "DeclaredAccess",
    "Digest",
    "Draft",
    "FinnishOrder",
    "Follow",
    "ImportFile",
    "ImportMapping",
    "ImportedRow",
    "Kept",
    "Link",
    "Named",
    "NewId",
    "Node",
    "OwnField",
    "Record",
    "SavedView",
    "Seal",
    "SeenQuerySet",
    "Sent",
    "Snooze",
    "held_by",
    "indexes",
    "record_address",
]
