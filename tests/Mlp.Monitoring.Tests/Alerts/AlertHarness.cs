using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Alerts;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Alerts;

/// <summary>Alerts over scripted figures, in a folder of their own, at a time that the test sets. What is looked at by itself is only what the test asks for.</summary>
internal sealed class AlertHarness : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly List<IDisposable> _made = [];

    public static DateTimeOffset Noon { get; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public WaitedClock Clock { get; } = new(Noon);

    public ScriptedFigures Figures { get; } = new();

    public AlertOptions Options { get; } = new() { EvaluationInterval = TimeSpan.FromDays(1) };

    public RecordingLogger<AlertWatch> Log { get; } = new();

    public AlertFeed Feed { get; private set; } = null!;

    public IDiskSync Disk { get; set; } = DiskSync.Instance;

    public string StatePath => _folder.Combine("alerts", "state.json");

    public DataDirectory Directory => new(_folder.FullName, MlPlatformMode.Owner);

    public AlertWatch Create(IModelRegistry? registry = null, TimeProvider? timeProvider = null)
    {
        var configuration = AlertConfiguration.From(Options);
        var metrics = new AlertMetrics();
        Feed = new AlertFeed(configuration, metrics, NullLogger<AlertFeed>.Instance);
        var watch = new AlertWatch(Directory, configuration, [Figures], registry, Feed, metrics, Disk, timeProvider ?? Clock, Log);
        _made.AddRange([watch, metrics]);
        return watch;
    }

    /// <summary>A figure of now, and a look at it.</summary>
    public async Task LookAsync(AlertWatch watch, double value, int? version = 1)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        Figures.Set(ScriptedFigures.Of(value, Clock.GetUtcNow(), version: version));
        await watch.EvaluateAsync(CancellationToken.None);
    }

    public void Dispose()
    {
        _made.ForEach(m => m.Dispose());
        _folder.Dispose();
    }
}
