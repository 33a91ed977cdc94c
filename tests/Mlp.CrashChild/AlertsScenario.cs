using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Alerts;
using Mlp.Monitoring.Figures;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.CrashChild;

/// <summary>"alerts DATADIRECTORY": looks for ever at a figure that counts from where the state left off, with an alert that fires at odd numbers. Prints each number when the look at it is over.</summary>
internal sealed class AlertsScenario : ICrashScenario
{
    public string Name => "alerts";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var directory = new DataDirectory(arguments[0], MlPlatformMode.Owner);
        var figures = new Counting();
        if (new AlertStateFile(Path.Combine(arguments[0], "alerts"), DiskSync.Instance).Read() is { Instances: [var instance] })
        {
            figures.Number = (int)Math.Abs(instance.Value);
        }

        var options = new AlertOptions { EvaluationInterval = TimeSpan.FromDays(1) };
        options.Rules["odd"] = new AlertRuleOptions { Figure = "count", Threshold = 0 };

        // Nothing listens there, so that every alert stays in the state.
        options.Webhooks["none"] = new WebhookOptions { Url = "http://127.0.0.1:9/", MaximumPendingCount = 50, FirstRetryInterval = TimeSpan.FromHours(1), MaximumRetryInterval = TimeSpan.FromHours(1) };
        var configuration = AlertConfiguration.From(options);
        using var metrics = new AlertMetrics();
        var feed = new AlertFeed(configuration, metrics, NullLogger<AlertFeed>.Instance);
        using var watch = new AlertWatch(directory, configuration, [figures], null, feed, metrics, DiskSync.Instance, TimeProvider.System, NullLogger<AlertWatch>.Instance);
        await watch.OpenAsync(CancellationToken.None);
        while (true)
        {
            figures.Number++;
            await watch.EvaluateAsync(CancellationToken.None);
            acknowledge(FormattableString.Invariant($"{figures.Number}"));
        }
    }

    private sealed class Counting : IFigureSource
    {
        public int Number { get; set; }

        public IEnumerable<Finding> Findings => [];

        // Above the threshold at odd numbers.
        public IEnumerable<Figure> Latest
            => [new Figure { Name = "count", Subject = new FigureSubject("tips", 1), Value = Number % 2 == 1 ? Number : -Number, RowCount = 1, To = DateTimeOffset.UnixEpoch.AddSeconds(Number) }];
    }
}
