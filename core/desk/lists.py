"""Lists of a million rows inside Django's admin: by keyset instead of page numbers, and never counted to the end.

Where something narrows a list down, the keys of the first thousand that match are read in whatever order is quickest.
If that is all of them, they are sorted here: a few matches among a million are never searched for in the list's order.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters, ShowFacets
from django.contrib.admin.utils import lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from core.desk import columns, counting, exports
from core.desk.counting import EXACT, Count
from core.desk.exports import Export, Format
from core.desk.filters import Days, Filter
from core.desk.keyset import Order, Position
from core.desk.search import Find

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

BEFORE, AFTER = "before", "after"


# By what else a list can be narrowed down, by apps that know more than the one that owns it.
_more: dict[type[Model], list[type[Filter]]] = {}


def narrow(model: type[Model], *more: type[Filter]) -> None:
    _more.setdefault(model, []).extend(more)


class KeysetList(ChangeList):
    model_admin: "FastList"
    count: Count
    older = newer = oldest = ""

    def get_filters_params(self, params: Any = None) -> Any:
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (BEFORE, AFTER)}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Whoever narrows the list down begins anew at its top."""
        here = {BEFORE: None, AFTER: None}
        return str(super().get_query_string({**here, **(new_params or {})}, remove))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return self.order.columns

    @property
    def top(self) -> str:
        return self.get_query_string()

    @property
    def notes(self) -> list[str]:
        """What filters have to say about themselves."""
        return [note for spec in self.filter_specs if (note := getattr(spec, "note", ""))]

    @property
    def narrowed_by(self) -> dict[str, list[str]]:
        found = dict(self.get_filters_params())
        return {**found, "q": [self.query]} if self.query else found

    @property
    def order(self) -> Order:
        """By time where days are chosen: the index over it holds both."""
        days = [spec for spec in self.list_filter if isinstance(spec, type) and issubclass(spec, Days)]
        chosen = [spec for spec in days if spec.parameter_name in self.filter_params]
        return Order(self.model, (f"-{chosen[0].column}", "-pk") if chosen else self.model_admin.order)

    def get_results(self, request: HttpRequest) -> None:
        size, order = self.list_per_page, self.order
        backwards = AFTER in request.GET
        position = order.read(request.GET.get(AFTER if backwards else BEFORE, ""))
        rows = self._few(order, position, backwards) if self._find_few(order) else None
        if rows is None:
            rows = list(order.past(self.queryset, position, backwards=backwards)[: size + 1])
        goes_on, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        self._link(order, rows, position, goes_on=goes_on, backwards=backwards)
        self.result_list = rows
        self.result_count = self.full_result_count = self.count.number
        self.show_full_result_count = self.can_show_all = self.multi_page = self.show_all = False
        self.show_admin_actions = bool(rows)
        self.paginator = Paginator(rows, size)
        # What the search form sends along.
        self.params = {name: value for name, value in self.params.items() if name not in (BEFORE, AFTER)}

    def _find_few(self, order: Order) -> bool:
        """Counts, and says whether all keys are at hand now."""
        self._keys: list[Position] = []
        if counting.is_whole(self.queryset) and (known := counting.estimated(self.queryset)):
            self.count = known
            return False
        found = list(self.queryset.order_by().values_list(*order.names)[: EXACT + 1])
        self.count = Count(min(len(found), EXACT), is_more=len(found) > EXACT)
        if not self.count.is_more:
            self._keys = order.sorted(found)
        return not self.count.is_more

    def _few(self, order: Order, position: Position | None, backwards: bool) -> list[Any]:
        keys = self._keys
        if backwards:
            keys = [key for key in reversed(keys) if position is None or order.is_past(position, key)]
        elif position is not None:
            keys = [key for key in keys if order.is_past(key, position)]
        chosen = [key[-1] for key in keys[: self.list_per_page + 1]]
        page = self.apply_select_related(self.root_queryset.filter(pk__in=chosen))
        found = {row.pk: row for row in page}
        return [found[pk] for pk in chosen if pk in found]

    def _link(
        self, order: Order, rows: list[Any], position: Position | None, *, goes_on: bool, backwards: bool
    ) -> None:
        is_last = backwards and position is None
        if rows and (goes_on or backwards) and not is_last:
            self.older = self._address(BEFORE, order.spell(order.position_of(rows[-1])))
            self.oldest = self._address(AFTER, "")
        if rows and (goes_on if backwards else position is not None):
            self.newer = self._address(AFTER, order.spell(order.position_of(rows[0])))

    def _address(self, name: str, value: str) -> str:
        return self.get_query_string({name: value})


class FastList(ModelAdmin):
    """`order` has an index; `finds` are the ways in which what is typed into the search is looked up."""

    order: ClassVar[tuple[str, ...]] = ("-pk",)
    finds: ClassVar[tuple[Find, ...]] = ()
    # By column: what is said in place of what is kept. Exports have it as it is kept.
    in_words: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    # Where there is no public id.
    export_ids: ClassVar[tuple[str, ...]] = ("pk",)
    list_per_page = 50
    # Any other order would read the whole table.
    sortable_by = ()
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    change_list_template = "admin/desk_list.html"

    def may_export(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        own = path("export/", self.admin_site.admin_view(require_POST(self.export_view)), name=name)
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        offered = Format.choices if self.may_export(request) else []
        shown = {"title": capfirst(self.opts.verbose_name_plural), "export_formats": offered}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What it is, in place of what Django would have somebody do with it."""
        shown = {"title": capfirst(self.opts.verbose_name)}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list as it is narrowed down by what stands in the address."""
        if not (self.has_view_permission(request) and self.may_export(request)):
            raise PermissionDenied
        wanted = request.POST.get("format", "")
        if wanted not in Format.values:
            raise BadRequest
        return self.export(request, Format(wanted))

    def export(self, request: HttpRequest, wanted: Format) -> HttpResponseBase:
        try:
            found = cast(KeysetList, self.get_changelist_instance(request))
        except IncorrectLookupParameters:
            raise BadRequest from None
        about = Export(
            what=f"{self.opts.app_label}-{self.opts.model_name}",
            format=wanted,
            filters=found.narrowed_by,
            rows=str(found.count.number) + ("+" if found.count.is_more else ""),
        )
        batches = found.order.batches(found.queryset, exports.BATCH)
        rows = (self.exported(row) for batch in batches for row in batch)
        return exports.answer(request, about, self.export_columns, rows)

    @cached_property
    def export_columns(self) -> list[str]:
        """What the list shows, and by what programs know the row."""
        names = {field.name for field in self.opts.get_fields()}
        return [*(["public_id"] if "public_id" in names else self.export_ids), *map(str, self.list_display)]

    def exported(self, row: Any) -> dict[str, Any]:
        return {name: exports.plain(lookup_field(name, row, self)[2]) for name in self.export_columns}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetList

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._shown(name) for name in super().get_list_display(request)]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        links = super().get_list_display_links(request, list_display)
        return [self._shown(name) for name in links] if links else links

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Where nothing is typed in, the same as in the list."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        empty = str(self.get_empty_value_display())
        return [(title, {**given, "fields": self._of_row(given["fields"], empty)}) for title, given in found]

    def _of_row(self, names: Iterable[Any], empty: str) -> list[Any]:
        return [self._shown(name, empty) for name in names if columns.is_of_row(self, name)]

    def _shown(self, name: Any, empty: str | None = None) -> Any:
        """The same one each time: Django compares them."""
        return self._columns.setdefault((name, empty), columns.shown(self, name, empty=empty))

    @cached_property
    def _columns(self) -> dict[tuple[Any, str | None], Any]:
        return {}

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Only whether there is a field to type into."""
        return ("pk",) if self.finds else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not text or not self.finds:
            return queryset, False
        # The first that knows such a text: an OR across tables has no index.
        ways = (find(text) for find in self.finds)
        return queryset.filter(next((way for way in ways if way is not None), Q(pk__in=[]))), False

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), *_more.get(self.model, ())]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Django lets any column be searched by address, which reads secrets letter by letter."""
        return lookup.removesuffix("__exact") in map(_parameter, self.get_list_filter(request))  # type: ignore[arg-type]


def _parameter(spec: Any) -> str:
    return str(getattr(spec, "parameter_name", spec))
