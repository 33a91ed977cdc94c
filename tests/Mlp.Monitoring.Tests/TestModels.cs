using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests;

/// <summary>Model versions and predictions for tests.</summary>
internal static class TestModels
{
    public static readonly FeatureRowLayout MixedLayout = new(
    [
        new("fare", FeatureType.Float32, "trip"),
        new("company_name", FeatureType.String, "company"),
        new("trips", FeatureType.Int64, "company"),
        new("mean_fare", FeatureType.Float64, "company"),
        new("is_weekend", FeatureType.Boolean, "trip"),
        new("payment", FeatureType.String, "trip"),
        new("miles", FeatureType.Float32, "trip"),
        new("score", FeatureType.Float32, "trip"),
    ]);

    public static FeatureRowLayout FloatLayout(int width) => new([.. Enumerable.Range(0, width).Select(i => new FeatureColumn($"x{i}", FeatureType.Float32, "v"))]);

    public static ServedModel Serve(
        FeatureRowLayout layout, string name = "tips", int version = 1, string variant = "champion", int outputs = 1, ModelTask task = ModelTask.BinaryClassification, double threshold = 0.5)
    {
        var manifest = TestManifest.Of(name, version, task, "probability", outputs);
        return new(
            manifest with
            {
                Output = manifest.Output with { DecisionThreshold = threshold },
                FeatureService = new FeatureServiceReference("tips", 1, new string('a', 64)),
                Features = layout.Columns,
            },
            variant,
            [new KeyColumn("company", EntityValueKind.String), new KeyColumn("area", EntityValueKind.Int64)],
            layout)
        {
            Service = new FeatureServiceReference("tips", 1, new string('a', 64)),
        };
    }

    public static PredictionId Id(long number) => new(0x01980c3e_7b3a_7000UL, 0x8000_0000_0000_0000UL | (ulong)number);

    /// <summary>Fills a row with values of every status; the same seed gives the same row.</summary>
    public static void Fill(FeatureRows rows, int row, int seed)
    {
        var random = new Random(seed);
        var layout = rows.Layout;
        for (var i = 0; i < layout.Columns.Count; i++)
        {
            var status = (FeatureStatus)random.Next(6) is var s && (int)s > 3 ? FeatureStatus.Present : s;
            rows.StatusOf(row)[i] = status;
            if (status != FeatureStatus.Present)
            {
                continue;
            }

            var ordinal = layout.OffsetOf(i);
            switch (layout.Columns[i].Type)
            {
                case FeatureType.Float32:
                    rows.Float32Of(row)[ordinal] = random.Next(8) switch { 0 => float.NaN, 1 => -0f, 2 => float.PositiveInfinity, _ => random.NextSingle() * 100 };
                    break;
                case FeatureType.Float64:
                    rows.Float64Of(row)[ordinal] = random.Next(4) == 0 ? BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0123) : random.NextDouble();
                    break;
                case FeatureType.Int64:
                    rows.Int64Of(row)[ordinal] = random.NextInt64(long.MinValue, long.MaxValue);
                    break;
                case FeatureType.Boolean:
                    rows.BooleanOf(row)[ordinal] = random.Next(2) == 0;
                    break;
                default:
                    rows.SetString(row, ordinal, random.Next(5) == 0 ? "" : $"名前 {random.Next(1000)}");
                    break;
            }
        }

        for (var i = 0; i < layout.Views.Count; i++)
        {
            rows.EventTimesOf(row)[i] = random.Next(4) == 0 ? FeatureRows.NoEventTime : random.NextInt64(1_000_000_000);
        }
    }
}
