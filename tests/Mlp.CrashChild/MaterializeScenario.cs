using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Features.Materialization;
using Mlp.Runtime.Hosting;

namespace Mlp.CrashChild;

/// <summary>"materialize DIRECTORY": opens the platform, brings the offline rows of <see cref="PushedNumber"/> into the online store and prints "ack ROWS TOTAL" after every batch, then "done ROWS".</summary>
internal sealed class MaterializeScenario : ICrashScenario
{
    public string Name => "materialize";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(arguments[0])
            .AddFeatures(features => features.Add<PushedNumber>().AddService("numbers", 1, service => service.From<PushedNumber>()));
        builder.Services.Configure<FeatureStoreOptions>(options =>
        {
            options.DuckDbThreads = 1;
            options.DuckDbMemoryLimitBytes = 128 << 20;
        });
        await using var platform = builder.Build();
        await platform.StartAsync();
        acknowledge("start");
        var result = await platform.Services.GetRequiredService<FeatureStore>().MaterializeAsync<PushedNumber>(progress: new Report(acknowledge));
        acknowledge(FormattableString.Invariant($"done {result.RowCount}"));
    }

    private sealed class Report(Action<string> acknowledge) : IProgress<MaterializationProgress>
    {
        void IProgress<MaterializationProgress>.Report(MaterializationProgress value) => acknowledge(FormattableString.Invariant($"ack {value.RowCount} {value.TotalRowCount}"));
    }
}
