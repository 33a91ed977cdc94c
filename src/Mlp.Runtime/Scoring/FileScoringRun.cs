using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

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
                using var owned = scored;
                for (var first = 0; first < scored.Length;)
                {
                    // A batch may hold the rows of many parts.
                    cancellationToken.ThrowIfCancellationRequested();
                    var count = (int)Math.Min(scored.Length - first, options.RowsPerPart - pending);
                    Append(scored, first, count, answersOnly);
                    first += count;
                    pending += count;
                    if (pending >= options.RowsPerPart)
                    {
                        rows += Complete(rows, pending, resumed);
                        pending = 0;
                    }
                }
            }
        }
        catch (ArgumentException e) when (e.GetType() == typeof(ArgumentException))
        {
            throw Misfit(input, e);
        }
        catch (NullFeatureException e)
        {
            throw NoValue(input, e);
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException or ArithmeticException or NullReferenceException or InvalidDataException)
        {
            // A damaged file can be read up to the values that offsets and lengths point at; what comes of that has no common type.
            throw source.Unreadable(e);
        }

        // A file without rows has one part without rows, which knows the columns.
        if (pending > 0 || (rows == 0 && parts.Count == 0))
        {
            rows += Complete(rows, pending, resumed);
        }

        return (rows, resumed);
    }

    /// <summary>The exception for a row without a value: which file it is of, and what stands in the way of going on under another policy.</summary>
    private NullFeatureException NoValue(string input, NullFeatureException cause)
    {
        var again = folder.FindParts().RowCount > 0 ? $" Rows before it are scored already: delete the folder '{folder.FullName}' before you score under another policy." : string.Empty;
        return new NullFeatureException(cause.Model, cause.Version, cause.Feature, cause.Row, cause.Status, $"{cause.Message} The table is the file '{input}'.{again}");
    }

    private void Append(RecordBatch scored, int first, int count, bool answersOnly)
    {
        if (count == scored.Length)
        {
            file.Append(answersOnly ? scored : WithSchema(scored));
            return;
        }

        using var piece = scored.SliceShared(first, count);
        file.Append(answersOnly ? piece : WithSchema(piece));
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
