using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Alerts;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.Drift;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Alerts;

public sealed class AlertOptionsTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AddMonitoring_RulesOfCodeAndConfiguration_AreBoth()
    {
        await using var platform = Build(
            m => m.AddAlert("drift", r => { r.Figure = "drift.psi"; r.Threshold = 0.25; }).AddAlert("auc", r => r.Threshold = 0.75),
            ("Rules:auc:Figure", "performance.auc"),
            ("Rules:auc:Model", "tips"),
            ("Rules:auc:Condition", "Below"),
            ("Rules:auc:Threshold", "0.8"),
            ("Rules:auc:For", "00:05:00"),
            ("Rules:auc:Severity", "Critical"),
            ("Rules:auc:Fallback:ToVersion", "3"),
            ("Webhooks:pager:Url", "http://127.0.0.1:9/alerts"));
        await platform.StartAsync();

        var configuration = platform.Services.GetRequiredService<AlertConfiguration>();
        Assert.Equal(["auc", "drift"], configuration.Rules.Select(r => r.Name));
        Assert.Equal(
            (AlertCondition.Below, 0.75, TimeSpan.FromMinutes(5), AlertSeverity.Critical, 3),
            (configuration.Rules[0].Condition, configuration.Rules[0].Threshold, configuration.Rules[0].For, configuration.Rules[0].Severity, configuration.Rules[0].Fallback!.ToVersion));
        Assert.Equal("pager", Assert.Single(configuration.Webhooks).Name);
        Assert.Empty(platform.Monitoring.ActiveAlerts);
    }

    [Fact]
    public async Task SubscribeToAlerts_PlatformThatCloses_Ends()
    {
        var platform = Build(m => m.AddAlert("drift", r => { r.Figure = "drift.psi"; r.Threshold = 0.25; }));
        await platform.StartAsync();
        using var subscription = platform.Monitoring.SubscribeToAlerts();
        await platform.DisposeAsync();

        await foreach (var alert in subscription)
        {
            Assert.Fail($"Expected no alert, but found {alert.Message}");
        }
    }

    [Theory]
    [InlineData("Rules:auc:Threshold", "", "MlPlatform:Monitoring:Alerts:Rules:auc:Threshold must be a finite number for condition Below, but is absent.")]
    [InlineData("Rules:auc:Figure", "", "MlPlatform:Monitoring:Alerts:Rules:auc:Figure must have a value, but is empty.")]
    [InlineData("Rules:auc:ResolveThreshold", "0.7", "MlPlatform:Monitoring:Alerts:Rules:auc:ResolveThreshold must be at least the threshold 0.8, but is 0.7.")]
    [InlineData("Rules:auc:Condition", "Absent", "MlPlatform:Monitoring:Alerts:Rules:auc:For must be above 0 for condition Absent, but is 00:00:00: it says how long a figure may be absent.")]
    [InlineData("Rules:auc:Condition", "Belov", "MlPlatform:Monitoring:Alerts:Rules:auc:Condition must be Above or Below or RisesBy or FallsBy or ChangesBy or Absent, but is 'Belov'.")]
    [InlineData("Rules:auc:Model", "tipps", "MlPlatform:Monitoring:Alerts:Rules:auc:Model must be a model that the application has declared by AddModel, but is 'tipps'; declared are: 'tips', 'quiet'.")]
    [InlineData("Rules:auc:ReferenceValue", "1", "MlPlatform:Monitoring:Alerts:Rules:auc must have no reference for condition Below, but has one: only changes are compared with one.")]
    [InlineData("Rules:auc:Fallback:Alias", "champion", "MlPlatform:Monitoring:Alerts:Rules:auc:Fallback must have one of ToAlias and ToVersion, but has none.")]
    [InlineData("Rules:auc:ConsecutiveWindows", "0", "MlPlatform:Monitoring:Alerts:Rules:auc:ConsecutiveWindows must be between 1 and 1000, but is 0.")]
    [InlineData("Rules:auc:Treshold", "1", "MlPlatform:Monitoring:Alerts:Rules:auc:Treshold is no setting; the closest is 'Threshold'.")]
    [InlineData("Rules:auc:Figure", "performance.uac", "MlPlatform:Monitoring:Alerts:Rules:auc:Figure must be the name of a figure, but is 'performance.uac'; the closest is 'performance.auc'.")]
    [InlineData("Rules:auc:Model", "quiet", "MlPlatform:Monitoring:Alerts:Rules:auc needs a model whose predictions are logged for figure 'performance.auc', but 'quiet' is none: call LogPredictions.")]
    [InlineData("Rules:auc:Version", "0", "MlPlatform:Monitoring:Alerts:Rules:auc:Version must be at least 1, but is 0.")]
    [InlineData("Rules:auc:Feature", "fare", "MlPlatform:Monitoring:Alerts:Rules:auc:Feature must be absent for figure 'performance.auc', which is about no feature, but is 'fare'.")]
    [InlineData("Rules:auc:Variant", "challenger", "MlPlatform:Monitoring:Alerts:Rules:auc:Variant needs quality that is watched by variant, but is 'challenger' where none is: call WatchQuality with ByVariant.")]
    [InlineData("Rules:auc:Slice", "channel=web", "MlPlatform:Monitoring:Alerts:Rules:auc:Slice needs quality that is watched by that slice, but is 'channel=web' where it is not: call WatchQuality with Slices.")]
    [InlineData("Rules:auc:Fallback:ToAlias", "bad alias!", "MlPlatform:Monitoring:Alerts:Rules:auc:Fallback:ToAlias must be the name of an alias, of lower-case letters, digits, '-', '_' and '.', but is 'bad alias!'.")]
    [InlineData("Webhooks:w:Url", "ftp://host/", "MlPlatform:Monitoring:Alerts:Webhooks:w:Url must be an absolute address that begins with http:// or https://, but is another text.")]
    [InlineData("Webhooks:w:Timeout", "00:00:00", "MlPlatform:Monitoring:Alerts:Webhooks:w:Timeout must be between 00:00:00.1000000 and 00:05:00, but is 00:00:00.")]
    [InlineData("EvaluationInterval", "00:00:00", "MlPlatform:Monitoring:Alerts:EvaluationInterval must be between 00:00:00.1000000 and 1.00:00:00, but is 00:00:00.")]
    public async Task Start_WrongSetting_IsRefusedByASentence(string key, string value, string sentence)
    {
        var settings = new Dictionary<string, string> { ["Rules:auc:Figure"] = "performance.auc", ["Rules:auc:Condition"] = "Below", ["Rules:auc:Threshold"] = "0.8" };
        settings[key] = value;

        var error = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var platform = Build(_ => { }, [.. settings.Select(s => (s.Key, s.Value))]);
            await platform.StartAsync();
        });

        Assert.Contains(sentence, error.Failures);
    }

    [Theory]
    [InlineData(false, null, "Rules:drift needs a model whose drift is watched for figure 'drift.psi', but there is none: call DetectDrift.")]
    [InlineData(true, "quiet", "Rules:drift needs a model whose drift is watched for figure 'drift.psi', but 'quiet' is none: call DetectDrift.")]
    [InlineData(true, "tips", null)]
    [InlineData(true, null, null)]
    public async Task Validate_DriftThatNobodyWatches_IsRefused(bool isWatched, string? model, string? sentence)
    {
        var error = await Record.ExceptionAsync(async () =>
        {
            await using var platform = Build(
                m => _ = isWatched ? m.DetectDrift("tips") : m, isMonitored: false, ("Rules:drift:Figure", "drift.psi"), ("Rules:drift:Threshold", "0.25"), ("Rules:drift:Model", model ?? "*"));
            _ = platform.Services.GetRequiredService<IOptions<AlertOptions>>().Value;
        });

        Assert.Equal(sentence is null ? null : [$"MlPlatform:Monitoring:Alerts:{sentence}"], (error as OptionsValidationException)?.Failures);
    }

    [Fact]
    public async Task Validate_SlicesAndVariantsThatAreWatched_ArePassed()
    {
        await using var platform = Build(
            m => m.WatchQuality("tips", o =>
            {
                o.ByVariant = true;
                o.Slices.Add(SliceDefinition.Tag("channel"));
            }),
            ("Rules:auc:Figure", "performance.auc"),
            ("Rules:auc:Threshold", "0.8"),
            ("Rules:auc:Variant", "challenger"),
            ("Rules:auc:Slice", "channel=web"),
            ("Rules:all:Figure", "performance.auc"),
            ("Rules:all:Threshold", "0.8"),
            ("Rules:all:Slice", "*"));

        Assert.Equal(2, platform.Services.GetRequiredService<IOptions<AlertOptions>>().Value.Rules.Count);
    }

    private MlPlatform Build(Action<MonitoringBuilder> configure, params (string Key, string Value)[] settings) => Build(configure, isMonitored: true, settings);

    private MlPlatform Build(Action<MonitoringBuilder> configure, bool isMonitored, params (string Key, string Value)[] settings)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_folder.FullName).AddMonitoring(configure);
        if (isMonitored)
        {
            builder.AddMonitoring(m => m.LogPredictions("tips").DetectDrift("tips"));
        }

        builder.Services.AddSingleton<IModelRegistry>(new ProfileRegistry("tips"));
        builder.Services.AddSingleton(new ModelDeclaration("tips"));
        builder.Services.AddSingleton(new ModelDeclaration("quiet"));
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"{AlertOptions.SectionName}:{s.Key}", (string?)s.Value)))
            .Build());
        return builder.Build();
    }
}
