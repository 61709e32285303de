#include "search/names.h"

#include <algorithm>
#include <array>

namespace kidoban::search {

using directory::AttributePath, directory::AttributeType, directory::Compare, directory::Filter;

namespace {

constexpr std::array<std::pair<std::string_view, Part>, 4> parts{
    {{"value", Part::value}, {"type", Part::type}, {"display", Part::display}, {"primary", Part::primary}}};
constexpr std::array<std::pair<std::string_view, Moment>, 4> moments{
    {{"created_at", Moment::created}, {"updated_at", Moment::updated}, {"valid_from", Moment::valid_from}, {"valid_until", Moment::valid_until}}};

Field values(std::string column) { return {.kind = Field::Kind::values, .columns = {std::move(column)}}; }

std::optional<Field> ours(const AttributePath& path, const AttributePath* around, std::span<const directory::CustomAttribute> custom) {
  if (!path.schema.empty()) return std::nullopt;
  if (around != nullptr) {
    const auto part = part_named(path.name);
    if (!part || !path.sub.empty()) return std::nullopt;
    return Field{.kind = Field::Kind::items, .part = *part};
  }
  if (path.name == "custom") {
    if (std::ranges::find(custom, path.sub, &directory::CustomAttribute::name) == custom.end()) return std::nullopt;
    return values(std::string(directory::custom_prefix) + path.sub);
  }
  if (const auto* one = directory::attribute_named(path.name)) {
    if (one->type != AttributeType::contacts) return path.sub.empty() ? std::optional(values(path.name)) : std::nullopt;
    const auto part = path.sub.empty() ? Part::value : part_named(path.sub);
    if (!part) return std::nullopt;
    return Field{.kind = Field::Kind::items, .columns = {path.name}, .part = *part};
  }
  if (!path.sub.empty()) return std::nullopt;
  if (path.name == "state" || path.name == "administrator") return values(path.name);
  if (path.name == "id") return Field{.kind = Field::Kind::id};
  const auto moment = std::ranges::find(moments, path.name, &std::pair<std::string_view, Moment>::first);
  if (moment == moments.end()) return std::nullopt;
  return Field{.kind = Field::Kind::moment, .moment = moment->second};
}

}  // namespace

std::optional<Part> part_named(std::string_view name) {
  const auto found = std::ranges::find(parts, name, &std::pair<std::string_view, Part>::first);
  return found == parts.end() ? std::nullopt : std::optional(found->second);
}

Names our_names(std::span<const directory::CustomAttribute> custom) {
  return [declared = std::vector<directory::CustomAttribute>(custom.begin(), custom.end())](const AttributePath& path, const AttributePath* around) {
    return ours(path, around, declared);
  };
}

Result<Filter> filter_of(std::string_view text, const Names& names) {
  auto filter = TRY(Filter::parse(text));
  TRY(filter.each([&](const Filter::Node& node, const AttributePath* around) -> Status {
    const auto& path = node.attribute;
    const auto name = [&] { return path.sub.empty() ? path.name : path.name + "." + path.sub; };
    const auto field = names(path, around);
    const bool items = node.kind == Filter::Kind::items;
    if (!field || (items && (field->kind != Field::Kind::items || !path.sub.empty()))) return fail(Kind::malformed, "filter_attribute_unknown", name());
    if (items || field->kind != Field::Kind::moment || node.op == Compare::pr || std::holds_alternative<std::nullptr_t>(node.literal.value)) return {};
    const bool in_parts = node.op == Compare::co || node.op == Compare::sw || node.op == Compare::ew;
    if (in_parts || !node.literal.instant) return fail(Kind::malformed, "filter_unsupported", name() + " is a time: \"2026-04-01T09:00:00+09:00\"");
    return {};
  }));
  return filter;
}

bool knows(const Filter& filter, const Names& names) {
  return filter
      .each([&](const Filter::Node& node, const AttributePath* around) -> Status {
        const auto field = names(node.attribute, around);
        if (field && (node.kind != Filter::Kind::items || field->kind == Field::Kind::items)) return {};
        return fail(Kind::malformed, "filter_attribute_unknown");
      })
      .has_value();
}

}  // namespace kidoban::search
