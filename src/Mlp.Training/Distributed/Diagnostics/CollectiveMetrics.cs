using System.Text.Json;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Tells the instruments of calls which rank makes which. Nothing is done while nobody listens, and nothing is allocated by a measurement. For one group.</summary>
/// <param name="backend">What moves the values.</param>
internal sealed class CollectiveMetrics(string backend)
{
    private static readonly KeyValuePair<string, object?>[] Kinds
        = [.. Enumerable.Range(0, 1 + (int)CollectiveKind.Split).Select(k => new KeyValuePair<string, object?>("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(((CollectiveKind)k).ToString())))];

    private readonly KeyValuePair<string, object?> _backend = new("backend", backend);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsListenedTo => TrainingMetrics.Payload.Enabled || TrainingMetrics.CallDuration.Enabled;

    /// <summary>A call is over.</summary>
    /// <param name="kind">The call.</param>
    /// <param name="byteCount">Bytes of this rank's buffer, of the greater one where there are two.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Add(CollectiveKind kind, long byteCount, TimeSpan elapsed)
    {
        TrainingMetrics.Payload.Add(byteCount, Kinds[(int)kind], _backend);
        TrainingMetrics.CallDuration.Record(elapsed.TotalSeconds, Kinds[(int)kind], _backend);
    }
}
