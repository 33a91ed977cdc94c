using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Gives the leaves of trees values that other rows say, by LightGBM's <c>refit</c>.</summary>
internal static class TreeRefit
{
    private const int BatchSize = 4096;

    /// <summary>Refits.</summary>
    /// <param name="options">Settings of the new values.</param>
    /// <param name="previous">The trees.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="manifest">What the rows are.</param>
    /// <param name="decay">How much of the old values is kept.</param>
    /// <param name="cancellationToken">Ends before LightGBM begins.</param>
    public static TrainedTrees Run(TreeOptions options, TrainedTrees previous, LabelledRows rows, TrainingSetManifest manifest, double decay, CancellationToken cancellationToken)
    {
        var (model, encoding) = (previous.Model, previous.Encoding);
        if ((long)rows.RowCount * model.TreeCount > Array.MaxLength)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected at most {Array.MaxLength / model.TreeCount} rows to refit {model.TreeCount} trees with, but found {rows.RowCount}."));
        }

        var leaves = LeavesOf(model, encoding, rows.Table, cancellationToken);
        var classCount = previous.Task == ModelTask.MulticlassClassification ? rows.ClassNames.Count : 1;
        var parameters = TreeParameters.Text(options, encoding, classCount) + string.Create(CultureInfo.InvariantCulture, $" refit_decay_rate={decay}");
        using var threads = new LightGbmThreads(TreeParameters.ThreadsOf(options));
        using var training = new TreeRows(rows, 0, rows.RowCount).ToDataset(encoding, options, parameters);
        using var booster = LightGbmBooster.Create(training, parameters);
        TreeObjectiveCheck.ThrowIfOther(booster, model);
        using (var earlier = LightGbmBooster.Load(model.Text))
        {
            booster.Merge(earlier);
        }

        booster.Refit(leaves, rows.RowCount);
        var iterations = model.IterationCount;
        TrainingProgress[] history = [new(iterations, iterations, null, null, iterations, TimeSpan.Zero)];
        return new TrainedTrees(LightGbmModel.Parse(TreeSettings.WithoutFolders(booster.ToText(iterations))), encoding, rows, rows.RowCount, manifest, previous.Task, history, options.Conversion) { Settings = TreeSettings.Of(options) };
    }

    private static int[] LeavesOf(LightGbmModel model, TreeEncoding encoding, FeatureTable table, CancellationToken cancellationToken)
    {
        var (width, trees) = (encoding.Columns.Count, model.TreeCount);
        var leaves = new int[table.RowCount * trees];
        var buffer = new double[Math.Min(BatchSize, table.RowCount) * width];
        for (var done = 0; done < table.RowCount; done += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = Math.Min(BatchSize, table.RowCount - done);
            encoding.Write(table, done, size, buffer);
            for (var row = 0; row < size; row++)
            {
                for (var tree = 0; tree < trees; tree++)
                {
                    leaves[((done + row) * trees) + tree] = model.Trees[tree].LeafOf(buffer.AsSpan(row * width, width));
                }
            }
        }

        return leaves;
    }
}
