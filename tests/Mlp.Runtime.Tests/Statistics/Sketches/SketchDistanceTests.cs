using Apache.Arrow;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Tests.Statistics.Sketches;

/// <summary>Distances from sketches of the golden samples, against scipy's of the samples themselves (KS 0.1275, Wasserstein 0.306549547), within what each sketch promises.</summary>
public class SketchDistanceTests
{
    private const double KolmogorovSmirnov = 0.1275;
    private const double Wasserstein = 0.306549547;

    [Fact]
    public void DDSketch_GoldenSamples_IsWithinItsBounds()
    {
        var (reference, current) = (new DDSketch(), new DDSketch());
        reference.Add(GoldenVectors.Reference);
        current.Add(GoldenVectors.Current);

        Check(reference.ToDistribution(), current.ToDistribution());
    }

    [Fact]
    public void Profiles_MergedAndStored_GiveTheSameDistances()
    {
        var reference = ReferenceProfile.Parse(new ReferenceProfileBuilder().AddNumeric("x", GoldenVectors.Reference).Build().ToJson()).Find("x")!.Sketches!;
        var shards = GoldenVectors.Current.Chunk(100).Select(chunk => new DataProfileBuilder().Add(Batch(chunk)).Build());
        var current = DataProfile.Parse(shards.Aggregate((all, shard) => all.Merge(shard)).ToBytes()).Find("x")!;

        Check(reference.ToDistribution()!, current.ToDistribution()!);
        Assert.Equal(0.000169827, reference.Mean, 9);
        Assert.Equal(1.193272874, current.StandardDeviation, 9);
    }

    [Fact]
    public void Kll_GoldenSamples_IsWithinItsBounds()
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            var (reference, current) = (new Kll(seed: seed), new Kll(seed: seed + 100));
            reference.Add(GoldenVectors.Reference);
            current.Add(GoldenVectors.Current);
            var (f, g) = (reference.ToDistribution(), current.ToDistribution());
            var error = f.RankError + g.RankError;
            var range = Math.Max(reference.Maximum, current.Maximum) - Math.Min(reference.Minimum, current.Minimum);

            Assert.InRange(DistributionDistances.KolmogorovSmirnov(f, g), KolmogorovSmirnov - error, KolmogorovSmirnov + error);
            Assert.InRange(DistributionDistances.Wasserstein(f, g), Wasserstein - (error * range), Wasserstein + (error * range));
        }
    }

    private static void Check(EmpiricalDistribution reference, EmpiricalDistribution current)
    {
        // A value moves by at most 1 % of itself, so that the mass of a distribution moves by at most 1 % of its mean magnitude.
        var moved = 0.01 * (GoldenVectors.Reference.Average(Math.Abs) + GoldenVectors.Current.Average(Math.Abs));

        Assert.InRange(DistributionDistances.KolmogorovSmirnov(reference, current), KolmogorovSmirnov - reference.RankError - current.RankError, KolmogorovSmirnov + 1e-12);
        Assert.InRange(DistributionDistances.Wasserstein(reference, current), Wasserstein - moved, Wasserstein + moved);
    }

    private static RecordBatch Batch(double[] values)
    {
        var array = new DoubleArray.Builder().AppendRange(values).Build();
        return new RecordBatch(new Schema([new Field("x", array.Data.DataType, nullable: true)], null), [array], values.Length);
    }
}
