#pragma once
// What of a webhook is sealed, opened and shut.

#include "webhooks/webhooks_store.h"

namespace kidoban::webhooks {

Result<Webhook> open_webhook(const seal::TenantKey& key, const Row& row);
std::string seal_content(const seal::TenantKey& key, const Webhook& webhook);
Result<Secrets> open_secrets(const seal::TenantKey& key, const Row& row);
std::string seal_secrets(const seal::TenantKey& key, const Id& id, const Secrets& secrets);

}  // namespace kidoban::webhooks
