#!/usr/bin/env bash
# Lets Event Grid tell the app about uploads and deletions. azd runs this after each `azd deploy`; by hand:
#   set -a; eval "$(azd env get-values)"; set +a; infra/scripts/subscribe.sh
# It can be repeated at any time, and has to be after the blobs_extension key was renewed.
set -euo pipefail

for name in AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP AZURE_FUNCTION_APP_NAME AZURE_FUNCTION_APP_ID \
    AZURE_FUNCTION_APP_URL DAG_STORAGE_SUBSCRIPTION DAG_STORAGE_RESOURCE_GROUP DAG_CONTAINER EVENT_TOPIC_NAME \
    DEAD_LETTER_STORAGE_ID DEAD_LETTER_CONTAINER; do
    if [ -z "${!name:-}" ]; then
        echo "$name is not set: it is an output of infra/main.bicep, see docs/deploy.md" >&2
        exit 2
    fi
done

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

has_function() {
    grep -qx "$AZURE_FUNCTION_APP_NAME/$1" <<<"$(app function list --query "[].name")"
}

ready() {
    has_key && has_function on_dag_blob && has_function on_blob_deleted
}

try=1
until ready; do
    if [ "$try" -ge "$tries" ]; then
        echo "the host has not started the app: no blobs_extension key, on_dag_blob or on_blob_deleted after $try tries." >&2
        echo "Most likely a setting is wrong or a role is missing; the host's log says which." >&2
        exit 1
    fi
    echo "waiting for the host to start the app ($try of $tries)"
    try=$((try + 1))
    sleep "$pause"
done

az deployment group create --name dag-relay-events --output none \
    --subscription "$DAG_STORAGE_SUBSCRIPTION" --resource-group "$DAG_STORAGE_RESOURCE_GROUP" \
    --template-file "$(dirname "$0")/../events.bicep" \
    --parameters topicName="$EVENT_TOPIC_NAME" appId="$AZURE_FUNCTION_APP_ID" appUrl="$AZURE_FUNCTION_APP_URL" \
    container="$DAG_CONTAINER" folder="${DAG_FOLDER:-}" \
    deadLetterStorageId="$DEAD_LETTER_STORAGE_ID" deadLetterContainer="$DEAD_LETTER_CONTAINER"
echo "Event Grid tells $AZURE_FUNCTION_APP_NAME about $DAG_CONTAINER/${DAG_FOLDER:-}"
