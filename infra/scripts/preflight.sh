#!/usr/bin/env bash
# Looks before anything is made: says everything that a deployment would stumble over, with its remedy, and changes nothing in
# Azure. azd runs it before `azd provision`; by hand, with the variables of infra/main.bicepparam set: infra/scripts/preflight.sh
set -euo pipefail

problems=()
problem() { problems+=("$1"); }

finish() {
    if [ "${#problems[@]}" -eq 0 ]; then
        echo "preflight: nothing stands in the way"
        exit 0
    fi
    printf 'preflight: %s\n' "${problems[@]}" >&2
    exit 1
}

required=(AZURE_ENV_NAME AZURE_LOCATION AZURE_SUBSCRIPTION_ID AZURE_RESOURCE_GROUP FACTORY_NAME DAG_STORAGE_NAME)
[ -n "${ROUTES:-}" ] || required+=(AIRFLOW_ENVIRONMENT LINKED_SERVICE DAG_FOLDER)
for name in "${required[@]}"; do
    [ -n "${!name:-}" ] || problem "$name is not set; with azd: azd env set $name <value>"
done
[ "${#problems[@]}" -eq 0 ] || finish
if ! az account show --output none 2>/dev/null; then
    problem "the Azure CLI is not signed in; run: az login"
    finish
fi

factory_subscription=${FACTORY_SUBSCRIPTION:-$AZURE_SUBSCRIPTION_ID}
factory_group=${FACTORY_RESOURCE_GROUP:-$AZURE_RESOURCE_GROUP}
dag_subscription=${DAG_STORAGE_SUBSCRIPTION:-$AZURE_SUBSCRIPTION_ID}
dag_group=${DAG_STORAGE_RESOURCE_GROUP:-$AZURE_RESOURCE_GROUP}
account_id="/subscriptions/$dag_subscription/resourceGroups/$dag_group/providers/Microsoft.Storage/storageAccounts/$DAG_STORAGE_NAME"

# Microsoft.App is behind Flex Consumption, also without a network.
providers() {
    printf '%s Microsoft.%s\n' \
        "$AZURE_SUBSCRIPTION_ID" Web "$AZURE_SUBSCRIPTION_ID" App "$AZURE_SUBSCRIPTION_ID" Storage \
        "$AZURE_SUBSCRIPTION_ID" Insights "$AZURE_SUBSCRIPTION_ID" OperationalInsights \
        "$AZURE_SUBSCRIPTION_ID" ManagedIdentity "$dag_subscription" EventGrid
    # What infra/main.bicepparam keeps in a vault.
    if [ -n "${RELAY_WEBHOOK_SECRETS:-}${RELAY_NOTIFICATION_URL:-}${RELAY_NOTIFICATION_SECRET:-}${RELAY_AIRFLOW_PASSWORD:-}" ]; then
        printf '%s Microsoft.KeyVault\n' "$AZURE_SUBSCRIPTION_ID"
    fi
    if [ "${USE_NETWORK:-false}" = true ]; then
        printf '%s Microsoft.Network\n' "$AZURE_SUBSCRIPTION_ID"
    fi
}

while read -r subscription provider; do
    state=$(az provider show --subscription "$subscription" --namespace "$provider" --query registrationState --output tsv || true)
    if [ "$state" != Registered ]; then
        problem "$provider is not registered (${state:-unknown}); run: az provider register --subscription $subscription --namespace $provider --wait"
    fi
done < <(providers)

plain() { tr -d ' ' | tr '[:upper:]' '[:lower:]'; }

exists() { az resource show --ids "$1" --query id --output tsv >/dev/null 2>&1; }

if ! exists "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP"; then
    problem "resource group $AZURE_RESOURCE_GROUP (AZURE_RESOURCE_GROUP) is not there; run: az group create --name $AZURE_RESOURCE_GROUP --location $AZURE_LOCATION"
fi
if ! exists "/subscriptions/$factory_subscription/resourceGroups/$factory_group/providers/Microsoft.DataFactory/factories/$FACTORY_NAME"; then
    problem "no Data Factory $FACTORY_NAME in resource group $factory_group of subscription $factory_subscription, or you may not read it; see FACTORY_NAME, FACTORY_RESOURCE_GROUP, FACTORY_SUBSCRIPTION"
fi

# The first part of each folder, also of those in ROUTES. A route with a connection of its own is about another account.
containers() {
    ROUTES=${ROUTES:-} FOLDER=${DAG_FOLDER:-} python3 -c '
import json, os
routes = json.loads(os.environ["ROUTES"] or "[]") or [{"folder": os.environ["FOLDER"]}]
here = [route for route in routes if route.get("connection", "DagStorage") == "DagStorage"]
print(*sorted({route["folder"].partition("/")[0] for route in here}), sep="\n")'
}

check_containers() {
    local list container
    if ! list=$(containers 2>/dev/null); then
        problem "ROUTES is no JSON list of routes with a folder each; see docs/settings.md"
        return
    fi
    for container in $list; do
        if [ "$(az storage container-rm exists --storage-account "$account_id" --name "$container" --query exists --output tsv | tr '[:upper:]' '[:lower:]')" != true ]; then
            problem "storage account $DAG_STORAGE_NAME has no container $container; see DAG_FOLDER or ROUTES"
        fi
    done
}

# An account can have one system topic only, and what-if does not see the clash. Defender for Storage makes one.
check_topic() {
    local topics name group identity
    topics=$(az eventgrid system-topic list --subscription "$dag_subscription" \
        --query "[].[source, name, resourceGroup, identity.type]" --output tsv)
    # az writes the type of no identity as None.
    read -r _ name group identity < <(grep -i "^$account_id[[:space:]]" <<<"$topics" || true) || true
    [ -n "${name:-}" ] || return 0
    [ "$name" != "dag-relay-$DAG_STORAGE_NAME" ] || return 0
    if [ "$(plain <<<"$group")" != "$(plain <<<"$dag_group")" ]; then
        problem "the system topic $name of $DAG_STORAGE_NAME lies in resource group $group; the template looks for it in $dag_group"
    fi
    if [[ "$(plain <<<"$identity")" != *systemassigned* ]]; then
        problem "the system topic $name has no identity to write dead letters with; run: az eventgrid system-topic update --subscription $dag_subscription --resource-group $group --name $name --identity systemassigned"
    fi
    use_topic "$name"
}

use_topic() {
    if [ "${SYSTEM_TOPIC_NAME:-}" = "$1" ] && [ "${CREATE_SYSTEM_TOPIC:-true}" = false ]; then
        return
    fi
    if azd env get-values >/dev/null 2>&1; then
        azd env set SYSTEM_TOPIC_NAME "$1"
        azd env set CREATE_SYSTEM_TOPIC false
        echo "preflight: $DAG_STORAGE_NAME has the system topic $1 already; it is used (SYSTEM_TOPIC_NAME, CREATE_SYSTEM_TOPIC)"
    else
        problem "$DAG_STORAGE_NAME has the system topic $1 already; run: export SYSTEM_TOPIC_NAME=$1 CREATE_SYSTEM_TOPIC=false"
    fi
}

if exists "$account_id"; then
    check_containers
    check_topic
else
    problem "no storage account $DAG_STORAGE_NAME in resource group $dag_group of subscription $dag_subscription, or you may not read it; see DAG_STORAGE_NAME, DAG_STORAGE_RESOURCE_GROUP, DAG_STORAGE_SUBSCRIPTION"
fi

regions=$(az functionapp list-flexconsumption-locations --subscription "$AZURE_SUBSCRIPTION_ID" --query "[].name" --output tsv | plain)
if ! grep -qx "$(plain <<<"$AZURE_LOCATION")" <<<"$regions"; then
    problem "region $AZURE_LOCATION (AZURE_LOCATION) has no Flex Consumption plan; these have: $(tr '\n' ' ' <<<"$regions")"
fi
finish
