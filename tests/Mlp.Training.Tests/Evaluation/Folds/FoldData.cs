using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Training.Tests.Evaluation.Folds;

/// <summary>Rows with ids, groups, times and a score that knows something of the label.</summary>
internal static class FoldData
{
    /// <summary>Rows in order of time, five rows of each time; groups of 1 to 10 rows; queries of 5 rows beside each other.</summary>
    public static ArrowTrainingSet Set(int count, string label = "y", bool withTime = true)
    {
        var random = new Random(4);
        var labels = Enumerable.Range(0, count).Select(_ => random.Next(3) == 0).ToArray();
        var rows = new Rows()
            .Other("id", new Apache.Arrow.Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(i => (long)i)).Build())
            .Other("group", new Apache.Arrow.Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(_ => (long)(random.Next(count / 5) * random.Next(2)) + random.Next(20))).Build())
            .Other("query", new Apache.Arrow.Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(i => (long)(i / 5))).Build())
            .Label("kind", Enumerable.Range(0, count).Select(i => i % 10 < 6 ? "a" : i % 10 < 9 ? "b" : "c").ToArray())
            .Label("gain", Enumerable.Range(0, count).Select(_ => (float)random.Next(3)).ToArray())
            .Label("score", labels.Select(l => ((l ? 0.3f : 0) + random.NextSingle()) / 1.4f).ToArray())
            .Label("y", labels)
            .Time("time", [.. Enumerable.Range(0, count).Select(i => i / 5 * 1_000_000L)]);
        return rows.Set(label, withTime ? "time" : null);
    }

    public static StubTrainer Scorer() => new(ModelTask.BinaryClassification, (_, batch) => StubModel.ScoreColumn(batch));
}
