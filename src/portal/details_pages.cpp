// My details: what the tenant lets somebody change of themselves, and the link by which a new address is confirmed.

#include <unicode/strenum.h>
#include <unicode/timezone.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "portal/showing.h"

namespace kidoban::portal {

namespace {

using directory::AttributeType;
using http::Form;
using http::Reply;
using http::Request;

constexpr std::string_view details_purpose = "own_details";
constexpr std::string_view address_purpose = "own_address";

// What is asked of one attribute in the form.
struct Field {
  std::string name, label;
  AttributeType type = AttributeType::text;
  std::vector<std::string> choices;
};

std::vector<Field> fields_of(const directory::Schema& schema, const page::Pages& pages, page::Language language) {
  std::vector<Field> out;
  for (const std::string& name : Own::editable(schema)) {
    if (const auto* one = directory::attribute_named(name)) {
      out.push_back({name, pages.word(language, "portal", "attribute." + name), one->type, {}});
      continue;
    }
    const auto custom = std::ranges::find(schema.custom, std::string_view(name).substr(directory::custom_prefix.size()), &directory::CustomAttribute::name);
    const auto& label = language == page::Language::ja ? custom->label_ja : custom->label_en;
    out.push_back({name, label.empty() ? custom->name : label, custom->type, custom->choices});
  }
  return out;
}

// As it stands in the form: several texts are a line each.
std::string form_text(const directory::Value& value) {
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return join(*texts, "\n");
  return directory::text_of(value);
}

Result<directory::Value> value_of_form(const Field& field, std::string_view typed) {
  const auto text = trim(typed);
  if (text.empty()) return directory::Value();
  switch (field.type) {
    case AttributeType::number: {
      const auto number = to_integer(text);
      if (!number) return fail(Kind::malformed, "attribute_type", field.name);
      return directory::Value(*number);
    }
    case AttributeType::flag: return directory::Value(text == "true");
    case AttributeType::texts: {
      std::vector<std::string> all;
      // A form's lines end in CR LF (HTML §4.10.21.8).
      for (auto line : split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!trim(line).empty()) all.emplace_back(trim(line));
      }
      return directory::Value(std::move(all));
    }
    default: return directory::Value(std::string(text));
  }
}

// The zones that stand for a place, as the tz database names them; built once.
const std::vector<std::string>& zones() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    UErrorCode error = U_ZERO_ERROR;
    const std::unique_ptr<icu::StringEnumeration> names(icu::TimeZone::createTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL_LOCATION, nullptr, nullptr, error));
    if (U_FAILURE(error)) return out;
    while (const auto* name = names->snext(error)) name->toUTF8String(out.emplace_back());
    std::ranges::sort(out);
    return out;
  }();
  return all;
}

void add_option(page::Data& field, const std::string& value, const std::string& text, std::string_view chosen) {
  auto& one = field.lists["options"].emplace_back();
  one.text["value"] = value;
  one.text["text"] = text;
  one.flags["chosen"] = value == chosen;
}

// A list to choose from where there are so many answers and no others.
bool add_options(page::Data& out, const Field& field, const std::string& value, const page::Pages& pages, page::Language language) {
  const auto word = [&](const char* key) { return pages.word(language, "portal", key); };
  if (field.name == "locale") {
    add_option(out, "", word("details.browsers_language"), value);
    add_option(out, "ja", "日本語", value);
    add_option(out, "en", "English", value);
  } else if (field.name == "zoneinfo") {
    add_option(out, "", word("details.no_zone"), value);
    for (const std::string& zone : zones()) add_option(out, zone, zone, value);
  } else if (field.type == AttributeType::flag) {
    add_option(out, "", "–", value);
    add_option(out, "true", word("details.yes"), value);
    add_option(out, "false", word("details.no"), value);
  } else if (!field.choices.empty()) {
    add_option(out, "", "–", value);
    for (const std::string& choice : field.choices) add_option(out, choice, choice, value);
  } else {
    return false;
  }
  // What stands there stays a choice, whoever put it there.
  const auto& options = out.lists["options"];
  if (std::ranges::none_of(options, [&](const page::Data& one) { return one.flags.at("chosen"); })) add_option(out, value, value, value);
  return true;
}

page::Data shown(const Field& field, std::size_t number, const std::string& value, const page::Pages& pages, page::Language language) {
  page::Data out;
  out.text["field"] = "field-" + std::to_string(number);
  out.text["attribute"] = field.name;
  out.text["label"] = field.label;
  out.text["value"] = value;
  const bool chosen = add_options(out, field, value, pages, language);
  out.flags["choice"] = chosen;
  out.flags["lines"] = !chosen && field.type == AttributeType::texts;
  out.flags["line"] = !chosen && field.type != AttributeType::texts;
  out.text["type"] = field.name == "private_email" ? "email" : field.name == "private_phone" ? "tel" : field.type == AttributeType::date ? "date" : "text";
  // WCAG 2.2 §1.3.5
  out.text["autocomplete"] = field.name == "private_email" ? "email" : field.name == "private_phone" ? "tel" : "off";
  out.text["hint"] = field.name == "private_email"           ? pages.word(language, "portal", "details.address_hint")
                     : field.type == AttributeType::texts    ? pages.word(language, "portal", "details.lines_hint")
                     : field.type == AttributeType::number   ? pages.word(language, "portal", "details.number_hint")
                                                             : "";
  return out;
}

}  // namespace

Result<Reply> Portal::details(Request& request) {
  const auto state = TRY(login_.browser_session(request));
  if (!state) return ask(request, "/account/details");
  return details_page(request, nullptr, nullptr);
}

// `typed`: what was sent, and `problem` why it couldn't be kept.
Result<Reply> Portal::details_page(Request& request, const Form* typed, const Error* problem) {
  page::Data data;
  Looks looks;
  TRY(fill_page(request, looks, data, [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks&, page::Data&) -> Status {
    const auto& person = signed_in.person;
    const auto schema = TRY(directory_.schema(tx));
    const auto fields = fields_of(schema, pages_, looks.language);
    for (const Field& field : fields) {
      const auto sent = typed != nullptr ? typed->get(field.name) : std::nullopt;
      auto row = shown(field, data.lists["fields"].size(), sent ? std::string(*sent) : form_text(directory::value_of(person.profile, field.name)), pages_, looks.language);
      const bool at_fault = problem != nullptr && problem->note.find(field.name) != std::string::npos;
      row.flags["at_fault"] = at_fault;
      if (at_fault) data.text["problem_label"] = field.label;
      data.lists["fields"].push_back(std::move(row));
    }
    for (const auto& one : directory::attributes()) {
      if (schema.self_editable(one.name) || one.name == "external_id" || one.name == "linking_id") continue;
      std::string text = directory::text_of(directory::value_of(person.profile, one.name));
      if (text.empty()) continue;
      if (one.name == "manager") {
        const auto manager = Id::parse(text);
        const auto found = manager ? directory_.get_person(tx, *manager) : Result<directory::Person>(fail(Kind::not_found, "person_unknown"));
        if (!found) continue;
        text = found->profile.display_name;
      }
      auto& row = data.lists["kept"].emplace_back();
      row.text["label"] = pages_.word(looks.language, "portal", "attribute." + std::string(one.name));
      row.text["value"] = text;
    }
    if (const auto waits = TRY(own_.pending(tx, person.id))) {
      data.text["pending_address"] = waits->address;
      data.text["pending_until"] = rfc3339(to_us(waits->expires_at));
      data.text["pending_until_text"] = readable(waits->expires_at, looks);
    }
    data.flags["has_pending"] = data.text.contains("pending_address");
    data.flags["has_fields"] = !fields.empty();
    data.text["version"] = std::to_string(person.version);
    data.text["csrf"] = TRY(login_.session_token(tx, signed_in.session, details_purpose));
    return {};
  }));
  data.flags["saved"] = problem == nullptr && TRY(request.query_form()).has("saved");
  if (problem != nullptr) {
    const std::string key = "details.problem." + std::string(problem->reason.text());
    auto text = pages_.word(looks.language, "portal", key, {data.text["problem_label"], std::to_string((problem->retry_after_s + 59) / 60)});
    data.text["problem"] = text == key ? pages_.word(looks.language, "portal", "details.problem.other", {data.text["problem_label"]}) : text;
  }
  const int status = problem == nullptr ? 200 : problem->kind == Kind::conflict ? 409 : problem->kind == Kind::rate_limited ? 429 : 400;
  auto reply = pages_.render(request, looks.language, "portal/details", data, status);
  if (problem != nullptr && problem->retry_after_s > 0) reply.with("Retry-After", std::to_string(problem->retry_after_s));
  return reply;
}

Result<Reply> Portal::change_details(Request& request) {
  const auto form = TRY(request.body_form());
  const auto state = TRY(login_.browser_session(request));
  if (!state) return ask(request, "/account/details");
  const auto version = to_integer(form.get_or("version"));
  if (!version) return fail(Kind::malformed, "form_malformed");
  const auto changed = store_.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    const auto signed_in = TRY(who(tx, request));
    TRY(login_.check_session_token(tx, signed_in.session, details_purpose, form.get_or("csrf")));
    std::map<std::string, directory::Value, std::less<>> attributes;
    for (const Field& field : fields_of(TRY(directory_.schema(tx)), pages_, page::Language::en)) {
      const auto typed = form.get(field.name);
      if (!typed) continue;
      // A form sends everything it shows: what is as it was isn't asked for.
      if (*typed == form_text(directory::value_of(signed_in.person.profile, field.name))) continue;
      attributes.emplace(field.name, TRY(value_of_form(field, *typed)));
    }
    TRY(own_.change(tx, request, signed_in.person, std::move(attributes), *version));
    return {};
  });
  if (changed) return Reply::see_other(request.site.base_url + "/account/details?saved=yes");
  const auto kind = changed.error().kind;
  const bool told_here = changed.error().reason != "form_stale" && (kind == Kind::malformed || kind == Kind::conflict || kind == Kind::rate_limited || kind == Kind::forbidden);
  if (!told_here) return std::unexpected(changed.error());
  return details_page(request, &form, &changed.error());
}

Result<Reply> Portal::show_address(Request& request) {
  // To who opens the link before they have signed in it is still good afterwards.
  const std::string token(request.path_value("token"));
  return show(request, "/account/address/" + token, "portal/address", [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks&, page::Data& data) -> Status {
    data.text["address"] = TRY(own_.address_of(tx, signed_in.person.id, token));
    data.text["csrf"] = TRY(login_.session_token(tx, signed_in.session, address_purpose));
    return {};
  });
}

Result<Reply> Portal::confirm_address(Request& request) {
  const auto form = TRY(request.body_form());
  const auto state = TRY(login_.browser_session(request));
  if (!state) return ask(request, "/account/address/" + std::string(request.path_value("token")));
  TRY(store_.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    const auto signed_in = TRY(who(tx, request));
    TRY(login_.check_session_token(tx, signed_in.session, address_purpose, form.get_or("csrf")));
    return own_.confirm(tx, request, signed_in.person.id, request.path_value("token"));
  }));
  return Reply::see_other(request.site.base_url + "/account/details?saved=yes");
}

}  // namespace kidoban::portal
