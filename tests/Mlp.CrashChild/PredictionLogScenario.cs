using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.CrashChild;

/// <summary>
/// "predictionlog DIRECTORY FIRST ACKNOWLEDGEMENT": logs numbered predictions from two threads, with the number as feature, score and text, and prints "ack N" when all below N are safe: were flushed ("flush"), or
/// written without that when the commit interval had passed ("interval").
/// </summary>
internal sealed class PredictionLogScenario : ICrashScenario
{
    public string Name => "predictionlog";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var layout = new FeatureRowLayout([new("number", FeatureType.Int64, "v"), new("text", FeatureType.String, "v")]);
        await using var log = new PredictionLogWriter(
            new DataDirectory(arguments[0], MlPlatformMode.Owner),
            PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMilliseconds(2) },
            _ => true,
            DiskSync.Instance,
            TimeProvider.System,
            NullLogger<PredictionLogWriter>.Instance);
        await log.OpenAsync(CancellationToken.None);
        var sink = log.Attach(Serve(layout))!;
        var next = long.Parse(arguments[1], System.Globalization.CultureInfo.InvariantCulture);
        while (true)
        {
            var first = next;
            await Task.WhenAll(Enumerable.Range(0, 2).Select(half => Task.Run(() => Record(sink, layout, first + (50 * half), 50))));
            next += 100;
            if (arguments[2] == "flush")
            {
                await log.FlushAsync(null, CancellationToken.None);
            }

            while (log.Statistics.Single().Pending > 0)
            {
                await Task.Yield();
            }

            acknowledge(FormattableString.Invariant($"ack {next}"));
        }
    }

    internal static ServedModel Serve(FeatureRowLayout layout) => new(
        new ModelManifest
        {
            Name = "crash",
            Version = 1,
            CreatedAt = DateTimeOffset.UnixEpoch,
            OnnxSha256 = new string('0', 64),
            OnnxByteCount = 1,
            Signature = new ModelSignature([], [new TensorSpecification("p", TensorElementKind.Float32, [-1, 1])]),
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "p" },
        },
        "champion",
        [],
        layout);

    internal static void Record(IPredictionSink sink, FeatureRowLayout layout, long first, int count)
    {
        var rows = new FeatureRows(layout, 1);
        for (var number = first; number < first + count; number++)
        {
            rows.Reset(1);
            rows.StatusOf(0).Fill(FeatureStatus.Present);
            rows.Int64Of(0)[0] = number;
            rows.SetString(0, 0, FormattableString.Invariant($"text {number}"));
            sink.Record(new PredictionRecord
            {
                Id = new PredictionId(1, (ulong)number),
                EventTime = number,
                RequestTime = number,
                LatencyNanoseconds = number,
                Outcome = PredictionOutcome.Ok,
                Features = rows.RowOf(0),
                Scores = [number],
            });
        }
    }
}
