#!/usr/bin/env bash
# A role takes effect some minutes after it was given, and nothing tells when. The first `azd up` gives the roles and publishes
# at once, which Azure may refuse with 403. So this lets the youngest role of the app become old enough before azd publishes.
set -euo pipefail

for name in AZURE_SUBSCRIPTION_ID AZURE_FUNCTION_APP_PRINCIPAL_ID; do
    if [ -z "${!name:-}" ]; then
        echo "$name is not set: run \`azd provision\` first, see docs/deploy.md" >&2
        exit 2
    fi
done

old_enough=${ROLE_SECONDS:-180}
given=$(az role assignment list --all --subscription "$AZURE_SUBSCRIPTION_ID" --assignee "$AZURE_FUNCTION_APP_PRINCIPAL_ID" \
    --query "max([].createdOn)" --output tsv)
if [ -z "$given" ] || [ "$given" = None ]; then
    echo "the app has no role in subscription $AZURE_SUBSCRIPTION_ID: run \`azd provision\` again" >&2
    exit 1
fi
# By Python, since the `date` of macOS reads no times. Azure's are in UTC.
since=$(python3 -c 'import calendar, sys, time; print(calendar.timegm(time.strptime(sys.argv[1][:19], "%Y-%m-%dT%H:%M:%S")))' "$given")
left=$((old_enough - ($(date +%s) - since)))
if [ "$left" -gt 0 ]; then
    echo "the app's roles are new: publishing in $left s. If it is refused with 403 all the same, run \`azd deploy\` again later"
    sleep "$left"
fi
