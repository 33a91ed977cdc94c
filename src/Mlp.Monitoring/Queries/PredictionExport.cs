using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Queries;

/// <summary>Writes logged predictions into one Arrow IPC file, which every reader of Arrow takes.</summary>
/// <param name="reader">Reads the log.</param>
/// <param name="disk">Where durability comes from.</param>
internal sealed class PredictionExport(PredictionLogReader reader, IDiskSync disk)
{
    /// <summary>Writes a file. It has its name when it is whole and on the device.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="path">Where it goes; one that exists is replaced.</param>
    /// <param name="filter">Which predictions.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <returns>Number of predictions; without any there is no file, also none of before.</returns>
    /// <exception cref="InvalidOperationException">Versions with other columns are among them.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder of the file does not exist.</exception>
    public async Task<long> WriteAsync(string model, string path, PredictionFilter filter, CancellationToken cancellationToken)
    {
        path = Path.GetFullPath(path);
        TargetFolder.Require(path);
        var staged = DurableFile.TemporaryPath(Path.GetDirectoryName(path)!);
        var count = 0L;
        try
        {
            ArrowFileWriter? writer = null;
            Schema? schema = null;
            try
            {
                await foreach (var batch in reader.ReadAsync(model, filter, cancellationToken).ConfigureAwait(false))
                {
                    schema ??= batch.Schema;
                    RequireSame(schema, batch.Schema, model);
                    writer ??= new ArrowFileWriter(File.Create(staged), schema);
                    await writer.WriteRecordBatchAsync(new RecordBatch(schema, batch.Arrays, batch.Length), cancellationToken).ConfigureAwait(false);
                    count += batch.Length;
                }

                if (writer is not null)
                {
                    await writer.WriteEndAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                writer?.Dispose();
            }

            if (count > 0)
            {
                DurableFile.ReplaceBy(disk, staged, path);
            }
            else if (File.Exists(path))
            {
                // An older export would pass for the answer.
                DurableFile.Delete(disk, path);
            }

            return count;
        }
        finally
        {
            File.Delete(staged);
        }
    }

    private static void RequireSame(Schema one, Schema other, string model)
    {
        if (ReferenceEquals(one, other))
        {
            return;
        }

        var (left, right) = (one.FieldsList.Select(Describe), other.FieldsList.Select(Describe));
        if (!left.SequenceEqual(right))
        {
            var difference = left.Except(right).Concat(right.Except(left)).FirstOrDefault() ?? "another order";
            throw new InvalidOperationException(
                $"Expected predictions of model '{model}' with the same columns for one file, but found version {VersionOf(one)} and version {VersionOf(other)}, which differ in {difference}: export one version at a time.");
        }
    }

    private static string Describe(Field field) => $"column '{field.Name}' of type {field.DataType.Name}";

    private static string VersionOf(Schema schema) => schema.Metadata.GetValueOrDefault(PredictionColumns.ModelVersionKey) ?? "?";
}
