#include "audit/export.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/strict_json.h"
#include "base/text.h"

namespace kidoban::audit {

namespace {

namespace json = boost::json;

std::string text_of(const std::optional<Id>& id) { return id ? id->text() : std::string(); }

// A record's own values, and of its detail what the formats have a place for; the rest stays together.
struct Said {
  std::string client_address, user_agent, rest;
};

Said said_in(const Record& record) {
  Said out;
  auto detail = strict_object(record.detail_json);
  if (!detail) return {{}, {}, record.detail_json};
  const auto take = [&](std::string_view name) {
    const auto value = text_member(*detail, name);
    std::string text(value.value_or(""));
    if (value) detail->erase(name);
    return text;
  };
  out.client_address = take("client_address");
  out.user_agent = take("user_agent");
  out.rest = json::serialize(*detail);
  return out;
}

// Formats of one line have no place for control characters: a record must not become two.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

// A backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : one_line(text)) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// RFC 4180 §2; and where a spreadsheet would take it for a formula, an apostrophe in front (OWASP, CSV injection).
std::string csv_cell(std::string_view text) {
  std::string out = "\"";
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool formula = first != std::string_view::npos && std::string_view("=+-@").find(text[first]) != std::string_view::npos;
  // Full-width signs begin formulas in Japanese spreadsheets as well.
  const auto wide = [&](std::string_view sign) { return first != std::string_view::npos && text.substr(first).starts_with(sign); };
  if (formula || wide("＝") || wide("＋") || wide("－") || wide("＠") || text.starts_with('\t') || text.starts_with('\r')) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string csv_line(const Record& r) {
  const Said said = said_in(r);
  const std::array<std::string, 13> cells{r.id.text(),  rfc3339(to_us(r.at)), r.name,          r.outcome,           r.reason,       r.actor_kind, text_of(r.actor),
                                          r.target_kind, text_of(r.target),    text_of(r.session), said.client_address, said.user_agent, said.rest};
  std::string out;
  for (const std::string& cell : cells) out += (out.empty() ? "" : ",") + csv_cell(cell);
  return out + "\r\n";
}

std::string json_line(const Record& r) {
  json::object out{{"id", r.id.text()}, {"at", rfc3339(to_us(r.at))}, {"event", r.name}, {"outcome", r.outcome}};
  if (!r.reason.empty()) out["reason"] = r.reason;
  out["actor_kind"] = r.actor_kind;
  if (r.actor) out["actor"] = r.actor->text();
  if (!r.target_kind.empty()) out["target_kind"] = r.target_kind;
  if (r.target) out["target"] = r.target->text();
  if (r.session) out["session"] = r.session->text();
  if (auto detail = strict_object(r.detail_json)) out["detail"] = std::move(*detail);
  return json::serialize(out) + "\n";
}

// RFC 5424 §6: what isn't printable ASCII can't stand in a header.
std::string header_word(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) out += c > 0x20 && c < 0x7f ? c : '?';
  return out.empty() ? "-" : out;
}

int syslog_severity(const Record& r) { return r.outcome == "success" ? 6 : r.outcome == "refused" ? 5 : 4; }

std::string syslog_line(const Record& r, std::string_view host) {
  constexpr int log_audit = 13;  // RFC 5424 §6.2.1
  const Said said = said_in(r);
  std::string out = "<" + std::to_string(log_audit * 8 + syslog_severity(r)) + ">1 " + rfc3339(to_us(r.at)) + " " + header_word(host, 255) + " kidoban - " +
                    header_word(r.name, 32) + " [kidoban@32473";
  // §6.3.3: a quote, a backslash and a closing bracket are escaped.
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += " " + std::string(name) + "=\"" + escaped(value, "\"\\]") + "\"";
  };
  add("id", r.id.text());
  add("event", r.name);
  add("outcome", r.outcome);
  add("reason", r.reason);
  add("actorKind", r.actor_kind);
  add("actor", text_of(r.actor));
  add("targetKind", r.target_kind);
  add("target", text_of(r.target));
  add("session", text_of(r.session));
  add("clientAddress", said.client_address);
  add("userAgent", said.user_agent);
  add("detail", said.rest == "{}" ? "" : said.rest);
  return out + "]\n";
}

std::string cef_line(const Record& r, std::string_view host) {
  const Said said = said_in(r);
  const int severity = r.outcome == "success" ? 2 : r.outcome == "refused" ? 5 : 7;
  std::string out = "CEF:0|Kidoban|Kidoban|1|" + escaped(r.name, "\\|") + "|" + escaped(r.name, "\\|") + "|" + std::to_string(severity) + "|";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += (out.ends_with('|') ? "" : " ") + std::string(name) + "=" + escaped(value, "\\=");
  };
  out += "rt=" + std::to_string(to_us(r.at) / 1000);
  add("externalId", r.id.text());
  add("dvchost", host);
  add("outcome", r.outcome);
  add("reason", r.reason);
  add("suid", text_of(r.actor));
  add("duid", text_of(r.target));
  if (said.client_address.find(':') != std::string::npos) {
    add("c6a2", said.client_address);
    add("c6a2Label", "Source IPv6 Address");
  } else {
    add("src", said.client_address);
  }
  add("requestClientApplication", said.user_agent);
  const auto custom = [&](int number, std::string_view label, std::string_view value) {
    if (value.empty()) return;
    add("cs" + std::to_string(number), value);
    add("cs" + std::to_string(number) + "Label", label);
  };
  custom(1, "actorKind", r.actor_kind);
  custom(2, "targetKind", r.target_kind);
  custom(3, "session", text_of(r.session));
  custom(4, "detail", said.rest == "{}" ? "" : said.rest);
  return out + "\n";
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  if (name == "csv") return Format::csv;
  if (name == "jsonl") return Format::jsonl;
  if (name == "syslog") return Format::syslog;
  if (name == "cef") return Format::cef;
  return std::nullopt;
}

std::string_view media_type_of(Format format) {
  switch (format) {
    case Format::csv: return "text/csv; charset=utf-8; header=present";
    case Format::jsonl: return "application/jsonl";
    case Format::syslog: return "text/plain; charset=utf-8";
    case Format::cef: return "text/plain; charset=utf-8";
  }
  return "text/plain; charset=utf-8";
}

std::string heading_of(Format format) {
  if (format != Format::csv) return {};
  return "id,at,event,outcome,reason,actor_kind,actor,target_kind,target,session,client_address,user_agent,detail\r\n";
}

std::string line_of(Format format, const Record& record, std::string_view host) {
  switch (format) {
    case Format::csv: return csv_line(record);
    case Format::jsonl: return json_line(record);
    case Format::syslog: return syslog_line(record, host);
    case Format::cef: return cef_line(record, host);
  }
  return {};
}

}  // namespace kidoban::audit
