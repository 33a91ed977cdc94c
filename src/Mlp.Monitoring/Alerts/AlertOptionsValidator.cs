using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;

namespace Mlp.Monitoring.Alerts;

/// <summary>Checks the settings of alerts at start; each failure names the setting, its value and what is allowed.</summary>
internal sealed class AlertOptionsValidator(
    IEnumerable<ModelDeclaration> declarations, IEnumerable<ModelPatternDeclaration> patterns, IEnumerable<QualityWatch> watches, IOptions<MonitoringOptions> monitoring, IServiceProvider services)
    : IValidateOptions<AlertOptions>
{
    public ValidateOptionsResult Validate(string? name, AlertOptions options)
    {
        var failures = SettingsRanges.FindFailures(AlertOptions.SectionName, options);
        var figures = new AlertFigureCheck(FindModels(), [.. watches]);
        foreach (var (key, rule) in options.Rules)
        {
            AddRule(failures, $"{AlertOptions.SectionName}:{nameof(options.Rules)}:{key}", key, rule, figures);
        }

        foreach (var (key, webhook) in options.Webhooks)
        {
            AddWebhook(failures, $"{AlertOptions.SectionName}:{nameof(options.Webhooks)}:{key}", key, webhook);
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private void AddRule(List<string> failures, string path, string name, AlertRuleOptions? rule, AlertFigureCheck figures)
    {
        AddName(failures, path, name);
        if (rule is null)
        {
            failures.Add($"{path} must be a section, but is empty.");
            return;
        }

        failures.AddRange(SettingsRanges.FindFailures(path, rule));
        var known = failures.Count;
        AddModel(failures, path, rule.Model);
        if (failures.Count == known)
        {
            failures.AddRange(figures.FindFailures(path, rule));
        }

        AddThresholds(failures, path, rule);
        AddReference(failures, path, rule);
        if (rule.Fallback is { } fallback)
        {
            AddFallback(failures, $"{path}:{nameof(rule.Fallback)}", fallback);
        }
    }

    /// <summary>What is monitored, or null where those settings are not valid, which is said of them.</summary>
    private MonitoredModels? FindModels()
    {
        try
        {
            return new MonitoredModels(monitoring.Value);
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }

    private static void AddName(List<string> failures, string path, string name)
    {
        if (!PlatformName.IsValid(name))
        {
            failures.Add($"{path} must have a name of letters, digits, '-', '_' and '.', at most 100, but its name is '{name}'.");
        }
    }

    private void AddModel(List<string> failures, string path, string? model)
    {
        if (model is null or AlertRuleOptions.Each || patterns.Any(p => p.Matches(model)))
        {
            return;
        }

        // Without this a mistyped name would watch nothing, and nobody would hear of it.
        var declared = declarations.Select(d => d.Name).Concat(patterns.Select(p => p.Pattern)).Distinct(StringComparer.Ordinal).ToList();
        if (!declared.Contains(model, StringComparer.Ordinal))
        {
            var known = declared.Count == 0 ? "none" : string.Join(", ", declared.Select(d => $"'{d}'"));
            failures.Add($"{path}:{nameof(AlertRuleOptions.Model)} must be a model that the application has declared by AddModel, but is '{model}'; declared are: {known}.");
        }
    }

    private static void AddThresholds(List<string> failures, string path, AlertRuleOptions rule)
    {
        if (rule.Condition == AlertCondition.Absent)
        {
            if (rule.For <= TimeSpan.Zero)
            {
                failures.Add($"{path}:{nameof(rule.For)} must be above 0 for condition {rule.Condition}, but is {rule.For}: it says how long a figure may be absent.");
            }

            return;
        }

        if (rule.Threshold is not { } threshold || !double.IsFinite(threshold))
        {
            failures.Add(FormattableString.Invariant($"{path}:{nameof(rule.Threshold)} must be a finite number for condition {rule.Condition}, but is {(rule.Threshold is null ? "absent" : rule.Threshold)}."));
            return;
        }

        if (rule.Condition is AlertCondition.RisesBy or AlertCondition.FallsBy or AlertCondition.ChangesBy && threshold <= 0)
        {
            failures.Add(FormattableString.Invariant($"{path}:{nameof(rule.Threshold)} must be above 0 for condition {rule.Condition}, which takes a share such as 0.1, but is {threshold}."));
        }

        var isWrongSide = rule.ResolveThreshold is { } resolve && (!double.IsFinite(resolve) || (rule.Condition == AlertCondition.Below ? resolve < threshold : resolve > threshold));
        if (isWrongSide)
        {
            var side = rule.Condition == AlertCondition.Below ? "at least" : "at most";
            failures.Add(FormattableString.Invariant($"{path}:{nameof(rule.ResolveThreshold)} must be {side} the threshold {threshold}, but is {rule.ResolveThreshold}."));
        }
    }

    private static void AddReference(List<string> failures, string path, AlertRuleOptions rule)
    {
        if (rule.ReferenceValue is not null && rule.ReferenceFigure is not null)
        {
            failures.Add($"{path} must have {nameof(rule.ReferenceValue)} or {nameof(rule.ReferenceFigure)}, but has both.");
        }

        if (rule.ReferenceValue is { } value && !double.IsFinite(value))
        {
            failures.Add(FormattableString.Invariant($"{path}:{nameof(rule.ReferenceValue)} must be a finite number, but is {value}."));
        }

        var isRelative = rule.Condition is AlertCondition.RisesBy or AlertCondition.FallsBy or AlertCondition.ChangesBy;
        if (!isRelative && (rule.ReferenceValue is not null || rule.ReferenceFigure is not null))
        {
            failures.Add($"{path} must have no reference for condition {rule.Condition}, but has one: only changes are compared with one.");
        }
    }

    private void AddFallback(List<string> failures, string path, AlertFallbackOptions fallback)
    {
        if (fallback.ToAlias is null == fallback.ToVersion is null)
        {
            failures.Add($"{path} must have one of {nameof(fallback.ToAlias)} and {nameof(fallback.ToVersion)}, but has {(fallback.ToAlias is null ? "none" : "both")}.");
        }

        foreach (var (setting, alias) in new[] { (nameof(fallback.Alias), fallback.Alias), (nameof(fallback.ToAlias), fallback.ToAlias) })
        {
            if (alias is not null && !PlatformName.IsValid(alias))
            {
                failures.Add($"{path}:{setting} must be the name of an alias, of lower-case letters, digits, '-', '_' and '.', but is '{alias}'.");
            }
        }

        if (fallback.ToAlias == fallback.Alias)
        {
            failures.Add($"{path}:{nameof(fallback.ToAlias)} must be another alias than the one that is moved, but is '{fallback.ToAlias}'.");
        }

        if (fallback.ToVersion < 1)
        {
            failures.Add(FormattableString.Invariant($"{path}:{nameof(fallback.ToVersion)} must be at least 1, but is {fallback.ToVersion}."));
        }

        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IModelRegistry)) == false)
        {
            failures.Add($"{path} needs a model registry, but this application has none.");
        }
    }

    private static void AddWebhook(List<string> failures, string path, string name, WebhookOptions? webhook)
    {
        AddName(failures, path, name);
        if (webhook is null)
        {
            failures.Add($"{path} must be a section, but is empty.");
            return;
        }

        failures.AddRange(SettingsRanges.FindFailures(path, webhook));
        if (webhook.Url.Length > 0 && !(Uri.TryCreate(webhook.Url, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)))
        {
            failures.Add($"{path}:{nameof(webhook.Url)} must be an absolute address that begins with http:// or https://, but is another text.");
        }

        if (webhook.Secret is { Length: 0 })
        {
            failures.Add($"{path}:{nameof(webhook.Secret)} must not be empty.");
        }

        if (webhook.MaximumRetryInterval < webhook.FirstRetryInterval)
        {
            failures.Add($"{path}:{nameof(webhook.MaximumRetryInterval)} must be at least {nameof(webhook.FirstRetryInterval)} ({webhook.FirstRetryInterval}), but is {webhook.MaximumRetryInterval}.");
        }
    }
}
