#pragma once
// What a receiver is sent, by the Standard Webhooks scheme (version 1): a JSON body, and headers that say which message it is,
// when it was sent, and that it is ours.

#include <string>
#include <utility>
#include <vector>

#include "audit/stream.h"
#include "webhooks/webhooks.h"

namespace kidoban::webhooks {

// "msg_" and the id: the same at each attempt. No full stop is in it, since full stops part what is signed.
std::string message_name(const Id& message);
// {"type":"audit.records","timestamp":…,"data":{"webhook":…,"from":…,"until":…,"records":[{"position":…, …}]}}: records as the
// export's JSON lines have them. The same bytes for the same stretch.
std::string records_body(const Id& webhook, const audit::Stretch& stretch);
// {"type":"webhook.test","timestamp":…,"data":{"webhook":…}}.
std::string test_body(const Id& webhook, Time now);

// The three headers, and what kind of body it is. Signed with each secret that holds now.
std::vector<std::pair<std::string, std::string>> headers_of(std::string_view message, Time now, std::string_view body, const Secrets& secrets);

// A secret as receivers are told it: "whsec_" and base64.
std::string told_secret(const Secret& secret);

}  // namespace kidoban::webhooks
