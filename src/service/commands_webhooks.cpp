// webhook subcommands: where a tenant's audit is sent.

#include "service/api_command.h"

namespace kidoban::service {

namespace {

using http::Method;
using enum Field::Takes;

std::vector<Field> about(bool required) {
  return {{"--name", "name", "its name", text, required},
          {"--url", "url", "where to, https", text, required},
          {"--event", "events", "events that begin so, or all; may be repeated", texts},
          {"--enabled,!--disabled", "enabled", "switch it on, or off", flag},
          {"--position", "position", "from which record on; unset: from now on", number}};
}

const std::vector<ApiCommand>& rows() {
  static const std::vector<ApiCommand> all{
      {.noun = "webhook", .verb = "list", .help = "list them", .method = Method::get, .path = "/webhooks", .rows = "webhooks",
       .columns = "id name enabled off_reason position failures delivered_at"},
      {.noun = "webhook", .verb = "show", .help = "how one stands", .method = Method::get, .path = "/webhooks/{webhook}"},
      {.noun = "webhook", .verb = "create", .help = "make one: its secret is shown now and never again", .method = Method::post, .path = "/webhooks",
       .fields = about(true)},
      {.noun = "webhook", .verb = "change", .help = "change one, or switch it on again", .method = Method::patch, .path = "/webhooks/{webhook}",
       .fields = about(false)},
      {.noun = "webhook", .verb = "delete", .help = "delete one", .method = Method::del, .path = "/webhooks/{webhook}", .done = "{webhook} is deleted."},
      {.noun = "webhook", .verb = "deliveries", .help = "the last attempts", .method = Method::get, .path = "/webhooks/{webhook}/deliveries",
       .rows = "deliveries", .columns = "at kind delivered status failure took_ms records"},
      {.noun = "webhook", .verb = "new-secret", .help = "make another secret; the old one signs along for a while", .method = Method::post,
       .path = "/webhooks/{webhook}/secret", .fields = {{"--overlap", "overlap_s", "how long the old one signs along, in seconds", number}}},
      {.noun = "webhook", .verb = "test", .help = "send a message of no consequence, now", .method = Method::post, .path = "/webhooks/{webhook}/test"},
  };
  return all;
}

}  // namespace

std::span<const ApiCommand> webhook_commands() { return rows(); }

}  // namespace kidoban::service
