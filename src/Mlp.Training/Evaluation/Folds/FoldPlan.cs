using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Mlp.Runtime.Models;
using Mlp.Training.Networks;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>The folds of a cross-validation.</summary>
internal static class FoldPlan
{
    /// <summary>The scheme that was asked for, or the one that fits the task.</summary>
    /// <exception cref="ArgumentException">The scheme does not fit the task, or lacks group columns.</exception>
    public static FoldScheme SchemeOf(ModelTask task, CrossValidationOptions options)
    {
        var scheme = options.Scheme ?? (task, options.GroupColumns.Count > 0) switch
        {
            (ModelTask.Ranking, _) or (ModelTask.Regression, true) => FoldScheme.Grouped,
            (ModelTask.Regression, false) => FoldScheme.KFold,
            (_, true) => FoldScheme.StratifiedGrouped,
            _ => FoldScheme.Stratified,
        };
        if (task == ModelTask.Ranking && scheme is not (FoldScheme.Grouped or FoldScheme.TimeSeries))
        {
            throw new ArgumentException($"Expected the scheme {FoldScheme.Grouped} or {FoldScheme.TimeSeries} for a ranking, whose groups stay together, but found {scheme}.", nameof(options));
        }

        if (task == ModelTask.Regression && scheme is FoldScheme.Stratified or FoldScheme.StratifiedGrouped)
        {
            throw new ArgumentException($"Expected the scheme {FoldScheme.KFold}, {FoldScheme.Grouped} or {FoldScheme.TimeSeries} for a regression, which has no classes, but found {scheme}.", nameof(options));
        }

        return scheme is FoldScheme.Grouped or FoldScheme.StratifiedGrouped && options.GroupColumns.Count == 0 && task != ModelTask.Ranking
            ? throw new ArgumentException($"Expected group columns for the scheme {scheme}, but found none.", nameof(options))
            : scheme;
    }

    /// <summary>Parts the rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="options">Its settings.</param>
    /// <returns>The folds of the first repeat, then of the next.</returns>
    /// <exception cref="TrainingDataException">There are fewer rows or groups than folds, a fold would have nothing to train on, or a class only test rows.</exception>
    public static IReadOnlyList<PlannedFold> Create(FoldRows rows, FoldScheme scheme, CrossValidationOptions options)
    {
        if (rows.RowCount < options.FoldCount)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected at least {options.FoldCount} rows for {options.FoldCount} folds, but found {rows.RowCount}."));
        }

        if (rows.Groups is not null && rows.GroupCount < options.FoldCount)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected at least {options.FoldCount} groups for {options.FoldCount} folds, but found {rows.GroupCount}{(options.GroupColumns.Count == 0 ? string.Empty : $" by {string.Join(", ", options.GroupColumns.Select(c => $"'{c}'"))}")}."));
        }

        var folds = new List<PlannedFold>();
        for (var repeat = 1; repeat <= options.RepeatCount; repeat++)
        {
            var random = SeededRandom.For(options.Seed, FormattableString.Invariant($"folds {repeat}"));
            var (foldOf, windows) = scheme switch
            {
                FoldScheme.KFold => (KFold(rows.RowCount, options, random), null),
                FoldScheme.Stratified => (Stratified(rows, options, random), null),
                FoldScheme.Grouped => (GroupFolds.BySize(rows.Groups!, rows.GroupCount, options, random), null),
                FoldScheme.StratifiedGrouped => (GroupFolds.ByClass(rows, options, random), null),
                _ => TimeFolds.Create(rows, options),
            };
            for (var number = 1; number <= options.FoldCount; number++)
            {
                folds.Add(new(repeat, number, foldOf, windows?[number - 1]));
            }
        }

        foreach (var fold in folds)
        {
            ThrowIfNotTrainable(fold, rows);
        }

        return folds;
    }

    /// <summary>The same for the same folds of the same rows, and for no others.</summary>
    /// <param name="folds">The folds.</param>
    /// <param name="contentHash">Content hash of the rows.</param>
    public static string Fingerprint(IReadOnlyList<PlannedFold> folds, string contentHash)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(contentHash));
        foreach (var fold in folds)
        {
            var (start, end) = fold.Window ?? (-1, -1);
            hash.AppendData(MemoryMarshal.AsBytes<int>([start, end]));
            if (fold.Number == 1)
            {
                hash.AppendData(MemoryMarshal.AsBytes(fold.FoldOf.AsSpan()));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static int[] KFold(int rowCount, CrossValidationOptions options, SeededRandom random)
    {
        int[] order = [.. Enumerable.Range(0, rowCount)];
        if (options.Shuffle)
        {
            random.Shuffle(order);
        }

        var foldOf = new int[rowCount];
        for (var i = 0; i < rowCount; i++)
        {
            foldOf[order[i]] = 1 + (int)((long)i * options.FoldCount / rowCount);
        }

        return foldOf;
    }

    // The rows of each class are dealt in turn, going on where those of the class before ended: each fold has its share of every class, and its share of all rows.
    private static int[] Stratified(FoldRows rows, CrossValidationOptions options, SeededRandom random)
    {
        var foldOf = new int[rows.RowCount];
        var next = 0;
        foreach (var ofClass in Enumerable.Range(0, rows.RowCount).GroupBy(i => rows.Rows.Labels[i]).OrderBy(g => g.Key))
        {
            int[] order = [.. ofClass];
            if (options.Shuffle)
            {
                random.Shuffle(order);
            }

            foreach (var row in order)
            {
                foldOf[row] = 1 + (next++ % options.FoldCount);
            }
        }

        return foldOf;
    }

    private static void ThrowIfNotTrainable(PlannedFold fold, FoldRows rows)
    {
        var name = FormattableString.Invariant($"fold {fold.Number}{(fold.Repeat > 1 ? $" of repeat {fold.Repeat}" : string.Empty)}");
        if (fold.TrainingCount() == 0)
        {
            throw new TrainingDataException($"Expected rows to train on in {name}, but gap and window leave none: take fewer folds, a smaller gap or a larger window.");
        }

        if (rows.Task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification))
        {
            return;
        }

        var (trained, tested) = (new HashSet<int>(), new HashSet<int>());
        for (var row = 0; row < rows.RowCount; row++)
        {
            var label = (int)rows.Rows.Labels[row];
            if (fold.IsTraining(row))
            {
                trained.Add(label);
            }
            else if (fold.IsTest(row))
            {
                tested.Add(label);
            }
        }

        if (tested.Where(l => !trained.Contains(l)).Order().ToList() is [var unseen, ..])
        {
            throw new TrainingDataException(
                $"Expected every class of the test rows of {name} among its training rows, but class '{rows.NameOf(unseen)}' is not: it has too few rows for these folds, or comes too late.", rows.Rows.LabelColumnName);
        }

        if (trained.Count < 2)
        {
            throw new TrainingDataException($"Expected at least two classes in the training rows of {name}, but all of them are '{rows.NameOf(trained.First())}'.", rows.Rows.LabelColumnName);
        }
    }
}
