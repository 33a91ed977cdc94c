using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>Rows of any features answer in a batch as they do alone.</summary>
public sealed class BatchingAgreementTests
{
    private const int Callers = 9;

    [Property(MaxTest = 12)]
    public Property Predict_AnyFeaturesAndNulls_AnswersAsAlone(int seed)
    {
        var difference = CompareAsync(new System.Random(seed)).GetAwaiter().GetResult();
        return (difference is null).Label(difference ?? string.Empty);
    }

    private static async Task<string?> CompareAsync(System.Random random)
    {
        var types = Enum.GetValues<FeatureType>();
        FeatureColumn[] columns = [.. Enumerable.Range(0, random.Next(1, 12)).Select(i => new FeatureColumn($"f{i}", types[random.Next(types.Length)], $"v{i % 3}"))];
        var withStatus = random.Next(2) == 0;
        var onnx = TestGraphs.Any(new FeatureRowLayout(columns), withStatus, asColumns: columns.Length > 1 && random.Next(2) == 0);
        await using var fixture = new BatcherFixture(onnx, Regression(), o => Stand(o, columns, withStatus), columns);
        var rows = Enumerable.Range(0, Callers).Select(_ => Row(fixture.Model.Description!.Layout, random)).ToArray();
        var alone = rows.Select(r => Predict(fixture.Model, r)).ToArray();
        fixture.Session.Runs.Clear();

        var held = await fixture.HoldLaneAsync(() => Predict(fixture.Model, rows[0]));
        var callers = rows.Select(r => Task.Factory.StartNew(
            () => Predict(fixture.Model, r), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await fixture.UntilWaitingAsync(Callers);
        fixture.Session.Release(2);
        await held;
        var together = await Task.WhenAll(callers);

        Assert.Equal([1, Callers], fixture.Session.Runs);
        var at = Enumerable.Range(0, Callers).FirstOrDefault(i => Math.Abs(alone[i] - together[i]) > 1e-6 * Math.Max(1, Math.Abs(alone[i])), -1);
        return at < 0 ? null : $"row {at}: {alone[at]} alone, {together[at]} in a batch; {string.Join(", ", columns.Select(c => c.Type))}";
    }

    /// <summary>What the model cannot see to be null has a value that stands for it.</summary>
    private static void Stand(ModelOptions options, FeatureColumn[] columns, bool withStatus)
    {
        foreach (var column in columns.Where(c => !withStatus && c.Type is FeatureType.Int64 or FeatureType.Boolean or FeatureType.String))
        {
            _ = column.Type switch
            {
                FeatureType.Int64 => options.OnNull(column.Name, -2L),
                FeatureType.Boolean => options.OnNull(column.Name, true),
                _ => options.OnNull(column.Name, "ü"),
            };
        }
    }

    private static FeatureRows Row(FeatureRowLayout layout, System.Random random)
    {
        var rows = new FeatureRows(layout, 1);
        rows.Reset(1);
        for (var i = 0; i < layout.Columns.Count; i++)
        {
            if (random.Next(4) == 0)
            {
                rows.Status[i] = (FeatureStatus)random.Next(4) is var status && status != FeatureStatus.Present ? status : FeatureStatus.Null;
                continue;
            }

            var ordinal = layout.OffsetOf(i);
            rows.Status[i] = FeatureStatus.Present;
            switch (layout.Columns[i].Type)
            {
                case FeatureType.Float32:
                    rows.Float32[ordinal] = random.NextSingle();
                    break;
                case FeatureType.Float64:
                    rows.Float64[ordinal] = random.NextDouble();
                    break;
                case FeatureType.Int64:
                    rows.Int64[ordinal] = random.Next(-9, 9);
                    break;
                case FeatureType.Boolean:
                    rows.Boolean[ordinal] = random.Next(2) == 0;
                    break;
                default:
                    rows.SetString(0, ordinal, ((string[])["a", "ü", "another text, which is longer than the others"])[random.Next(3)]);
                    break;
            }
        }

        return rows;
    }

    private static double Predict(Model model, FeatureRows row)
    {
        var result = new Prediction[1];
        model.Predict(row, result);
        return result[0].Score;
    }
}
