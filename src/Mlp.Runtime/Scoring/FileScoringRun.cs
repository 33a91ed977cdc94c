using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>The rows of one run over a file: from where the parts end to the end of the file.</summary>
internal sealed class FileScoringRun(
    ScoringWorkFolder folder, IScoredFile file, ITableSource source, ScoringPlan plan, FileScoringOptions options, IProgress<FileScoringProgress>? progress)
{
    /// <summary>The exception for a file that does not fit the model.</summary>
    /// <param name="input">The file.</param>
    /// <param name="cause">What does not fit.</param>
    public static FileScoringException Misfit(string input, ArgumentException cause) => new(input, $"{cause.Message} The table is the file '{input}'.", cause);

    /// <summary>Scores what is left.</summary>
    /// <param name="scorer">The pinned version.</param>
    /// <param name="input">The file, for messages.</param>
    /// <param name="answersOnly">Whether parts hold the answers alone.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Rows of the file, and how many of them were there before.</returns>
    public async Task<(long RowCount, long ResumedRowCount)> ScoreAsync(StreamScorer scorer, string input, bool answersOnly, CancellationToken cancellationToken)
    {
        var (parts, resumed) = folder.FindParts();
        progress?.Report(new FileScoringProgress(resumed, resumed, source.RowCount));
        var (rows, pending) = (resumed, 0L);
        try
        {
            var batches = source.ReadAsync(ColumnsToRead(answersOnly), resumed, cancellationToken);
            var scoring = options.Scoring with { Columns = answersOnly ? [] : [.. plan.Kept.Select(i => plan.Schema.FieldsList[i].Name)] };
            await foreach (var scored in scorer.ScoreAsync(batches, scoring, resumed, cancellationToken).ConfigureAwait(false))
            {
                using (scored)
                {
                    file.Append(answersOnly ? scored : WithSchema(scored));
                    pending += scored.Length;
                }

                if (pending >= options.RowsPerPart)
                {
                    rows += Complete(rows, pending, resumed);
                    pending = 0;
                }
            }
        }
        catch (ArgumentException e)
        {
            throw Misfit(input, e);
        }

        // A file without rows has one part without rows, which knows the columns.
        if (pending > 0 || (rows == 0 && parts.Count == 0))
        {
            rows += Complete(rows, pending, resumed);
        }

        return (rows, resumed);
    }

    private long Complete(long firstRow, long rowCount, long resumed)
    {
        folder.PublishPart(file.CompletePart(), firstRow, rowCount);
        progress?.Report(new FileScoringProgress(firstRow + rowCount, resumed, source.RowCount));
        return rowCount;
    }

    /// <summary>Of a Parquet file only what is needed is read.</summary>
    private List<string> ColumnsToRead(bool answersOnly)
    {
        var needed = plan.Read.ToHashSet();
        if (!answersOnly)
        {
            needed.UnionWith(plan.Kept);
        }

        return [.. plan.Schema.FieldsList.Where((_, i) => needed.Contains(i)).Select(f => f.Name)];
    }

    /// <summary>The batches of a reader may say less about nulls and metadata than the schema of the file.</summary>
    private RecordBatch WithSchema(RecordBatch scored) => new(plan.ResultSchema, scored.Arrays, scored.Length);
}
