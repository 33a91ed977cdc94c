using System.Globalization;
using Mlp.Training.Networks;
using Mlp.Training.Search;
using Mlp.Training.Search.Tpe;

namespace Mlp.Training.Tests.Search;

public sealed class TpeSamplerTests
{
    private static readonly SearchSpace Space = new SearchSpace()
        .LogUniform("rate", 1e-5, 1)
        .Uniform("share", 0, 1)
        .Int("layers", 1, 12)
        .Choice("kind", "a", "b", "c")
        .When("kind", "b", s => s.Uniform("only b", -3, 3));

    [Fact]
    public void Propose_KnownFunction_IsBetterThanChanceInTheMedianOfSeeds()
    {
        var (tpe, chance) = (new List<double>(), new List<double>());
        for (var seed = 0; seed < 15; seed++)
        {
            tpe.Add(BestOf(seed, startup: 10));
            chance.Add(BestOf(seed, startup: 70));
        }

        var (better, worse) = (Median(tpe), Median(chance));
        Assert.True(better < 0.5 * worse, $"{better} and {worse}");
        Assert.True(tpe.Zip(chance).Count(p => p.First < p.Second) >= 11, string.Join(' ', tpe.Zip(chance)));
    }

    [Fact]
    public void Propose_SameTrials_ProposesTheSameAndAllWithinTheSpace()
    {
        var trials = Trials(30);
        for (var seed = 0; seed < 50; seed++)
        {
            var proposed = TpeSampler.Propose(Space, trials, false, new SeededRandom((ulong)seed));

            Assert.Equal(proposed.Values, TpeSampler.Propose(Space, trials, false, new SeededRandom((ulong)seed)).Values);
            Assert.InRange(proposed.GetDouble("rate"), 1e-5, 1);
            Assert.InRange(proposed.GetInt("layers"), 1, 12);
            Assert.Equal(proposed.GetText("kind") == "b", proposed.Has("only b"));
        }
    }

    [Fact]
    public void Propose_TrialsUnderWay_ArePassedBy()
    {
        // All good trials are at 0.5; where many trials are under way there, fewer proposals go there.
        var space = new SearchSpace().Uniform("x", 0, 1);
        var ended = Enumerable.Range(0, 20).Select(i => Trial(i, i < 2 ? 0.5 + (i * 0.01) : i % 10 / 10.0, i < 2 ? 0 : 1)).ToList();
        var pending = Enumerable.Range(20, 10).Select(i => new TpeTrial(i, At(0.505), null, double.NaN, 0)).ToList();

        var alone = Near(ended);
        var beside = Near([.. ended, .. pending]);

        Assert.True(alone > 1.3 * beside, $"{alone} and {beside}");

        int Near(List<TpeTrial> trials) => Enumerable.Range(0, 200).Count(seed => Math.Abs(TpeSampler.Propose(space, trials, false, new SeededRandom((ulong)seed)).GetDouble("x") - 0.505) < 0.1);

        static TpeTrial Trial(int number, double x, double value) => new(number, At(x), TrialStatus.Finished, value, 0);

        static TrialParameters At(double x) => new(new Dictionary<string, string> { ["x"] = x.ToString("R", CultureInfo.InvariantCulture) });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Propose_PrunedTrials_CountBehindFinishedOnes(bool higherIsBetter)
    {
        // Finished trials lie at the low end. Pruned ones at the high end have better values, but were not carried to their end.
        var space = new SearchSpace().Uniform("x", 0, 1);
        var sign = higherIsBetter ? 1 : -1;
        var trials = Enumerable.Range(0, 20).Select(i => new TpeTrial(
            i,
            new(new Dictionary<string, string> { ["x"] = (i < 4 ? 0.05 + (0.01 * i) : 0.9 + (0.002 * i)).ToString(CultureInfo.InvariantCulture) }),
            i < 4 ? TrialStatus.Finished : TrialStatus.Pruned,
            i < 4 ? 0 : sign * 10,
            LastStep: i)).ToList();

        var low = Enumerable.Range(0, 100).Count(seed => TpeSampler.Propose(space, trials, higherIsBetter, new SeededRandom((ulong)seed)).GetDouble("x") < 0.4);

        Assert.InRange(low, 90, 100);
    }

    private static double BestOf(int seed, int startup)
    {
        var trials = new List<TpeTrial>();
        for (var number = 0; number < 70; number++)
        {
            var random = SeededRandom.For(seed, string.Create(CultureInfo.InvariantCulture, $"trial {number}"));
            var parameters = number < startup
                ? Space.At([.. Space.Dimensions.Select(_ => random.NextDouble())])
                : TpeSampler.Propose(Space, trials, false, random);
            trials.Add(new(number, parameters, TrialStatus.Finished, Value(parameters), 0));
        }

        return trials.Min(t => t.Value);
    }

    private static List<TpeTrial> Trials(int count) => [.. Enumerable.Range(0, count).Select(number =>
    {
        var random = SeededRandom.For(1, string.Create(CultureInfo.InvariantCulture, $"trial {number}"));
        var parameters = Space.At([.. Space.Dimensions.Select(_ => random.NextDouble())]);
        return new TpeTrial(number, parameters, TrialStatus.Finished, Value(parameters), 0);
    })];

    private static double Value(TrialParameters at)
        => Math.Pow((Math.Log10(at.GetDouble("rate")) + 3) / 5, 2) + Math.Pow(at.GetDouble("share") - 0.7, 2) + Math.Pow((at.GetInt("layers") - 4) / 12.0, 2)
            + (at.GetText("kind") switch { "a" => 0.3, "b" => Math.Pow(at.GetDouble("only b") - 1, 2) / 20, _ => 0.15 });

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
