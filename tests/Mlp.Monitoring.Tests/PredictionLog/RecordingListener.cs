using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>Watches the live stream and remembers what it saw of it.</summary>
internal sealed class RecordingListener : IPredictionBatchListener
{
    /// <summary>Score and weight of each prediction, in the order of the batches.</summary>
    public List<(double? Score, double Weight, float? First)> Rows { get; } = [];

    /// <summary>Names of the columns of each kind of batch.</summary>
    public HashSet<string> Schemas { get; } = [];

    /// <summary>Thrown instead of looking at a batch.</summary>
    public Exception? Failure { get; set; }

    public ValueTask OnBatchAsync(RecordBatch batch)
    {
        if (Failure is { } failure)
        {
            throw failure;
        }

        Schemas.Add(string.Join(",", batch.Schema.FieldsList.Select(f => f.Name)));
        var scores = (DoubleArray)batch.Column(PredictionColumns.Score);
        var weights = (DoubleArray)batch.Column(PredictionColumns.SamplingWeight);
        var first = (FloatArray)batch.Column("f_x0");
        for (var i = 0; i < batch.Length; i++)
        {
            Rows.Add((scores.GetValue(i), weights.GetValue(i)!.Value, first.GetValue(i)));
        }

        return ValueTask.CompletedTask;
    }
}
