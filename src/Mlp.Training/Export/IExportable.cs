using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>A fitted model of ours: what its exporter sees, and the rows that it has.</summary>
internal interface IExportable
{
    /// <summary>The model as the exporter sees it.</summary>
    IExportSource Source { get; }

    /// <summary>The rows of its training: the first trained it, those behind them did not.</summary>
    LabelledRows Rows { get; }

    /// <summary>How many rows, the first by time, it was trained on.</summary>
    int TrainingCount { get; }

    /// <summary>The first of the last rows that are known to have trained neither the model nor one that it goes on from; the number of rows where none is.</summary>
    int UnseenStart { get; }
}
