using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.LearningCurves;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Evaluation.LearningCurves;

public sealed class LearningCurveTests
{
    [Fact]
    public async Task MeasureAsync_Trees_GetBetterWithRows()
    {
        var seeds = new List<int>();
        var seen = new List<LearningCurveRun>();
        var options = new LearningCurveOptions { Shares = [0.05, 0.3, 1], Repeats = 2, Seed = 5, Metric = GateMetric.LogLoss };

        var curve = await LearningCurve.MeasureAsync(
            seed =>
            {
                seeds.Add(seed);
                return new TreeTrainer(new TreeOptions { MaximumIterations = 30, Threads = 1, Seed = seed });
            },
            SyntheticRows.Create(3000, seed: 1), SyntheticRows.Create(1500, seed: 2), options, new Reported(seen));

        Assert.Equal([5, 5, 5, 6, 6, 6], seeds);
        Assert.Equal(seen, curve.Runs);
        Assert.Equal([150, 900, 3000], curve.Points.Select(p => p.RowCount));
        Assert.Equal(GateMetric.LogLoss, curve.Metric);
        Assert.True(curve.Points[0].Holdout > curve.Points[1].Holdout && curve.Points[1].Holdout > curve.Points[2].Holdout);
        Assert.All(curve.Points, p => Assert.True(p.Training < p.Holdout));
        Assert.Contains("from 900 to 3000 rows the log loss went from ", curve.Advice, StringComparison.Ordinal);
        Assert.Equal(curve.Advice, curve.ToString());
    }

    [Fact]
    public async Task MeasureAsync_SameSeed_SameRowsInTheirOrder()
    {
        var trainer = new RecordingTrainer();
        var rows = LinearModel.Rows(40, seed: 1);
        var options = new LearningCurveOptions { Shares = [0.25, 0.5, 1], Repeats = 2 };

        var one = await LearningCurve.MeasureAsync(trainer, rows, rows, options);
        var two = await LearningCurve.MeasureAsync(trainer, rows, rows, options);

        Assert.Equal(one.Runs, two.Runs);
        Assert.Equal(trainer.Labels.Take(6), trainer.Labels.Skip(6));
        Assert.Equal([10, 20, 40, 10, 20, 40], trainer.Labels.Take(6).Select(l => l.Length));

        // The smaller parts lie within the greater ones, all in the order of the rows; repeats draw others.
        Assert.True(IsWithin(trainer.Labels[0], trainer.Labels[1]) && IsWithin(trainer.Labels[1], trainer.Labels[2]));
        Assert.NotEqual(trainer.Labels[0], trainer.Labels[3]);

        static bool IsWithin(float[] some, float[] all) => some.SequenceEqual(all.Where(some.Contains));
    }

    [Theory]
    [InlineData(new[] { 0.50, 0.40, 0.32 }, 0.002, MoreRowsVerdict.WouldHelp, "More rows would likely help: ")]
    [InlineData(new[] { 0.50, 0.400, 0.3995 }, 0.0002, MoreRowsVerdict.WouldHardlyHelp, "More rows would hardly help: ")]
    [InlineData(new[] { 0.50, 0.40, 0.38 }, 0.05, MoreRowsVerdict.Unclear, "Whether more rows would help cannot be told: ")]
    public void Of_LastStepAndItsNoise_DecideTheVerdict(double[] losses, double noise, MoreRowsVerdict verdict, string sentence)
    {
        int[] sizes = [100, 1000, 2000];
        var runs = sizes.SelectMany((size, i) => Enumerable.Range(0, 4).Select(r => new LearningCurveRun(size, r, 0.1, losses[i] + (noise * ((r % 2 * 2) - 1) * (i == 2 ? 1 : 0.5))))).ToList();

        var curve = LearningCurve.Of(GateMetric.LogLoss, runs);

        Assert.Equal(verdict, curve.Verdict);
        Assert.StartsWith(sentence, curve.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_OneRepeat_CannotTell()
    {
        LearningCurveRun[] runs = [new(100, 0, 0.9, 0.7), new(200, 0, 0.9, 0.8)];

        var curve = LearningCurve.Of(GateMetric.Auc, runs);

        Assert.Equal(MoreRowsVerdict.Unclear, curve.Verdict);
        Assert.Equal("Whether more rows would help cannot be told from one repeat: from 100 to 200 rows the AUC went from 0.7 to 0.8.", curve.Advice);
        Assert.True(double.IsNaN(curve.ProjectedGain));
    }

    [Fact]
    public void ProjectedGain_APowerLaw_IsItsContinuation()
    {
        double Loss(double n) => 0.2 + (3 * Math.Pow(n, -0.5));
        var runs = new[] { 100, 200, 400, 800 }.SelectMany(n => Enumerable.Range(0, 2).Select(r => new LearningCurveRun(n, r, 0.1, Loss(n)))).ToList();

        Assert.Equal(Loss(800) - Loss(1600), LearningCurve.Of(GateMetric.LogLoss, runs).ProjectedGain, 6);
    }

    [Fact]
    public async Task MeasureAsync_BadSettings_AreRefusedWithASentence()
    {
        var rows = LinearModel.Rows(30, seed: 1);
        var trainer = new RecordingTrainer();

        Assert.StartsWith("Expected at least two shares above 0 and up to 1, in ascending order, but found 0.5, 0.5.", await Refused<ArgumentException>(new() { Shares = [0.5, 0.5] }), StringComparison.Ordinal);
        Assert.StartsWith("Expected a metric for Regression, but found LogLoss.", await Refused<ArgumentException>(new() { Metric = GateMetric.LogLoss }), StringComparison.Ordinal);
        Assert.Equal("Expected enough rows for parts of two sizes, but the training set has 30.", await Refused<TrainingDataException>(new() { Shares = [0.001, 0.002] }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LearningCurve.MeasureAsync(trainer, rows, rows, cancellationToken: new CancellationToken(canceled: true)));

        async Task<string> Refused<T>(LearningCurveOptions options)
            where T : Exception
            => (await Assert.ThrowsAsync<T>(() => LearningCurve.MeasureAsync(trainer, rows, rows, options))).Message;
    }

    /// <summary>Learns nothing, and remembers which rows it was given.</summary>
    private sealed class RecordingTrainer : ITrainer
    {
        public List<float[]> Labels { get; } = [];

        public ModelTask Task => ModelTask.Regression;

        public async Task<IFittedModel> FitAsync(
            ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
        {
            var labels = new List<float>();
            await foreach (var batch in trainingSet.ReadAsync(cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                labels.AddRange(((Apache.Arrow.FloatArray)batch.Column("y")).Select(v => v!.Value));
            }

            Labels.Add([.. labels]);
            return new LinearModel();
        }
    }

    private sealed class Reported(List<LearningCurveRun> seen) : IProgress<LearningCurveRun>
    {
        public void Report(LearningCurveRun value) => seen.Add(value);
    }
}
