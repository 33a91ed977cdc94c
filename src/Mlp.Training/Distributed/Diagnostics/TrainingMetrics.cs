using System.Diagnostics.Metrics;
using System.Globalization;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Instruments of the steps of replicas that train together, meter <c>Mlp.Training</c>. Nothing is allocated by a measurement.</summary>
internal sealed class TrainingMetrics(int rank, int worldSize)
{
    private static readonly Meter Meter = new("Mlp.Training");

    private readonly KeyValuePair<string, object?> _rank = new("rank", Name(rank));
    private readonly KeyValuePair<string, object?>[] _lastRanks = [.. Enumerable.Range(0, worldSize).Select(r => new KeyValuePair<string, object?>("last_rank", Name(r)))];

    /// <summary>Steps of replicas.</summary>
    internal static Counter<long> Steps { get; } = Meter.CreateCounter<long>("mlp.training.steps", "{step}", "Steps that a replica has taken together with others.");

    /// <summary>Rows of replicas.</summary>
    internal static Counter<long> Rows { get; } = Meter.CreateCounter<long>("mlp.training.rows", "{row}", "Rows that a replica has trained on together with others.");

    /// <summary>Time of steps.</summary>
    internal static Counter<double> StepTime { get; } = Meter.CreateCounter<double>("mlp.training.step_time", "s", "Time of the steps of a replica.");

    /// <summary>Time of steps that was not spent computing.</summary>
    internal static Counter<double> ExposedTime { get; } = Meter.CreateCounter<double>(
        "mlp.training.exposed_communication_time", "s", "Time in which the thread of a replica waited for others or moved values instead of computing.");

    /// <summary>Waits for others.</summary>
    internal static Counter<double> WaitTime { get; } = Meter.CreateCounter<double>(
        "mlp.training.wait_time", "s", "The longest wait for another rank in each step of a replica, by the rank that came last.");

    /// <summary>Share of the time of steps that is spent computing.</summary>
    internal static Gauge<double> Efficiency { get; } = Meter.CreateGauge<double>("mlp.training.efficiency", "1", "Share of the time of the steps of all replicas that they spent computing.");

    /// <summary>Bytes that calls were about.</summary>
    internal static Counter<long> Payload { get; } = Meter.CreateCounter<long>("mlp.collectives.payload", "By", "Bytes of the values that a rank has brought to calls.");

    /// <summary>Time of calls.</summary>
    internal static Histogram<double> CallDuration { get; } = Meter.CreateHistogram<double>("mlp.collectives.duration", "s", "Time of the calls of a rank, waiting for other ranks included.");

    /// <summary>A step has ended.</summary>
    public void StepEnded(double seconds, double exposedSeconds, int rows)
    {
        Steps.Add(1, _rank);
        Rows.Add(rows, _rank);
        StepTime.Add(seconds, _rank);
        ExposedTime.Add(exposedSeconds, _rank);
    }

    /// <summary>A replica has waited.</summary>
    public void Waited(int lastRank, double seconds) => WaitTime.Add(seconds, _rank, _lastRanks[lastRank]);

    private static string Name(int rank) => rank.ToString(CultureInfo.InvariantCulture);
}
