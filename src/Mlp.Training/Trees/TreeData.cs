using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Rows in LightGBM's memory, binned by what all training rows say; replicas of one process share them.</summary>
internal sealed class TreeData : IDisposable
{
    /// <summary>Bins rows.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="encoding">How features become columns.</param>
    /// <param name="classCount">Classes; 1 but for several.</param>
    /// <param name="training">Rows that train.</param>
    /// <param name="validation">Rows that decide when to stop; null for none.</param>
    /// <param name="previous">Trees to go on from; null for none.</param>
    public TreeData(TreeOptions options, TreeEncoding encoding, int classCount, TreeRows training, TreeRows? validation, TrainedTrees? previous)
    {
        (Rows, Validation, ClassCount, Previous) = (training, validation, classCount, previous);
        Parameters = TreeParameters.Text(options, encoding, classCount);
        try
        {
            Training = training.ToDataset(encoding, options, Parameters);
            Continue(Training, previous, training);
            if (validation is { } held)
            {
                Held = held.ToDataset(encoding, options, Parameters, Training);
                Continue(Held, previous, held);
                ValidationWeights = held.Weights(options);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Settings in LightGBM's words.</summary>
    public string Parameters { get; }

    /// <summary>Classes; 1 but for several.</summary>
    public int ClassCount { get; }

    /// <summary>Trees to go on from; null for none.</summary>
    public TrainedTrees? Previous { get; }

    /// <summary>The rows that train.</summary>
    public TreeRows Rows { get; }

    /// <summary>The rows that train, binned.</summary>
    public LightGbmDataset Training { get; } = null!;

    /// <summary>The rows that decide when to stop; null for none.</summary>
    public TreeRows? Validation { get; }

    /// <summary>They, binned.</summary>
    public LightGbmDataset? Held { get; }

    /// <summary>How much each of them counts; empty where all count the same.</summary>
    public float[] ValidationWeights { get; } = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        Held?.Dispose();
        Training?.Dispose();
    }

    // Boosting goes on from the raw scores of the earlier trees.
    private static void Continue(LightGbmDataset dataset, TrainedTrees? previous, TreeRows rows)
    {
        if (previous is null)
        {
            return;
        }

        var count = previous.ScoreCount;
        var raw = previous.PredictRaw(rows.Rows.Table, rows.First, rows.Count);
        var byScore = new double[raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            byScore[((i % count) * rows.Count) + (i / count)] = raw[i];
        }

        dataset.SetInitialScores(byScore);
    }
}
