#!/usr/bin/env bash
# Lets Event Grid tell the app about uploads and deletions. azd runs this after each `azd deploy`; by hand:
#   set -a; eval "$(azd env get-values)"; set +a; infra/scripts/subscribe.sh
# It can be repeated at any time, and has to be after the blobs_extension key was renewed.
set -euo pipefail

missing=
for name in AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP AZURE_FUNCTION_APP_NAME AZURE_FUNCTION_APP_URL \
    EVENT_SUBSCRIPTION EVENT_RESOURCE_GROUP EVENT_TOPIC_NAME WATCHED_CONTAINERS DEAD_LETTER_STORAGE_ID \
    DEAD_LETTER_CONTAINER; do
    if [ -z "${!name:-}" ]; then
        echo "$name is not set: it is an output of infra/main.bicep, see docs/deploy.md" >&2
        missing=yes
    fi
done
[ -z "$missing" ] || exit 2

tries=${SUBSCRIBE_TRIES:-30}
pause=${SUBSCRIBE_PAUSE_SECONDS:-10}

app() {
    az functionapp "$@" --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
        --name "$AZURE_FUNCTION_APP_NAME" --output tsv
}

# Only whether there is a key comes back, never the key.
has_key() {
    [ "$(app keys list --query "systemKeys.blobs_extension != null" | tr '[:upper:]' '[:lower:]')" = true ]
}

wanted() {
    echo on_blob_deleted
    grep -o '"function": *"[^"]*"' <<<"$WATCHED_CONTAINERS" | cut -d '"' -f 4
}

has_functions() {
    local functions
    functions=$(app function list --query "[].name")
    while read -r name; do
        grep -qx "$AZURE_FUNCTION_APP_NAME/$name" <<<"$functions" || return 1
    done < <(wanted)
}

# The host drops events for a function that it does not have, and says nothing: so all of them have to be there first.
try=1
until has_key && has_functions; do
    if [ "$try" -ge "$tries" ]; then
        echo "after $tries tries the app has no blobs_extension key, or not all of these functions: $(wanted | tr '\n' ' ')" >&2
        echo "Most likely a setting is wrong: $AZURE_FUNCTION_APP_URL/api/ready says which, to a caller with a key." >&2
        exit 1
    fi
    echo "waiting for the host to start the app ($try of $tries)"
    try=$((try + 1))
    sleep "$pause"
done

subscribe() {
    az deployment group create --name dag-relay-events --output none \
        --subscription "$EVENT_SUBSCRIPTION" --resource-group "$EVENT_RESOURCE_GROUP" \
        --template-file "$(dirname "$0")/../events.bicep" \
        --parameters topicName="$EVENT_TOPIC_NAME" appName="$AZURE_FUNCTION_APP_NAME" \
        appResourceGroup="$AZURE_RESOURCE_GROUP" appSubscription="$AZURE_SUBSCRIPTION_ID" \
        appUrl="$AZURE_FUNCTION_APP_URL" watched="$WATCHED_CONTAINERS" \
        deadLetterStorageId="$DEAD_LETTER_STORAGE_ID" deadLetterContainer="$DEAD_LETTER_CONTAINER"
}

# Event Grid shakes hands with the app before it subscribes. An app that has to start for it may answer too late.
try=1
until said=$(subscribe 2>&1); do
    if [ "$try" -ge "${HANDSHAKE_TRIES:-5}" ] || ! grep -qiE 'validation handshake|webhook validation' <<<"$said"; then
        echo "$said" >&2
        exit 1
    fi
    echo "the app did not answer Event Grid's handshake in time; trying again ($try)"
    try=$((try + 1))
    sleep "$pause"
done
echo "Event Grid tells $AZURE_FUNCTION_APP_NAME about $WATCHED_CONTAINERS"
