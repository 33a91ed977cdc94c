using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests;

/// <summary>Rows whose label follows a known rule from every kind of feature, with missing values, in order of time.</summary>
internal static class SyntheticRows
{
    public const string Label = "label";
    public const string Time = "time";

    private static readonly string[] Companies = ["red", "green", "blue", "white"];
    private static readonly double[] CompanyEffect = [1.5, -1.5, 0.5, 0];

    /// <summary>Rows of a binary problem, or of a regression on the same log odds.</summary>
    public static ArrowTrainingSet Create(int count, int seed, bool isRegression = false, bool isShuffled = false, long firstTime = 0)
    {
        var random = new Random(seed);
        var miles = new float?[count];
        var fare = new double?[count];
        var hour = new long?[count];
        var card = new bool?[count];
        var company = new string?[count];
        var label = new float[count];
        for (var i = 0; i < count; i++)
        {
            miles[i] = (float)(random.NextDouble() * 10);
            fare[i] = 3 + (random.NextDouble() * 40);
            hour[i] = random.Next(24);
            card[i] = random.Next(2) == 0;
            var c = random.Next(Companies.Length);
            company[i] = Companies[c];
            var logit = (0.4 * (miles[i]!.Value - 5)) - (0.05 * (fare[i]!.Value - 23)) + (card[i]!.Value ? 1 : -1) + CompanyEffect[c] + (hour[i] is >= 6 and < 9 ? 1.5 : 0);
            label[i] = isRegression ? (float)(100 + (10 * logit)) : random.NextDouble() < 1 / (1 + Math.Exp(-logit)) ? 1 : 0;
            if (random.Next(10) == 0)
            {
                company[i] = null;
            }

            if (random.Next(10) == 0)
            {
                fare[i] = null;
            }

            if (random.Next(20) == 0)
            {
                hour[i] = null;
            }
        }

        if (isShuffled)
        {
            random.Shuffle(label);
        }

        return new Rows()
            .Float32("miles", miles)
            .Float64("fare", fare)
            .Int64("hour", hour)
            .Boolean("card", card)
            .Text("company", company)
            .Label(Label, label)
            .Time(Time, [.. Enumerable.Range(0, count).Select(i => firstTime + (i * 1_000_000L))])
            .Set(Label, Time);
    }

    public static async Task<RecordBatch> BatchOf(ITrainingSet set)
    {
        await foreach (var batch in set.ReadAsync())
        {
            return batch;
        }

        throw new InvalidOperationException("Expected a batch.");
    }

    /// <summary>All rows of a set as one batch.</summary>
    public static async Task<RecordBatch> WholeOf(ITrainingSet set)
    {
        var batches = new List<RecordBatch>();
        await foreach (var batch in set.ReadAsync())
        {
            batches.Add(batch);
        }

        return RowGather.Gather(set.Schema, batches, [.. batches.SelectMany((batch, b) => Enumerable.Range(0, batch.Length).Select(row => (b, row)))]);
    }
}
