using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>Writes data files of a view and makes them durable. No commit names them yet. Thread-safe.</summary>
/// <param name="view">The view.</param>
/// <param name="folder">Folder of the view.</param>
/// <param name="targetRows">How many rows a file should have; a file holds whole days.</param>
/// <param name="disk">Where durability comes from.</param>
internal sealed class OfflineFileWriter(FeatureViewDefinition view, string folder, long targetRows, IDiskSync disk)
{
    private static readonly string EventTime = Sql.Name(FeatureViewDefinition.StoredEventTime);

    /// <summary>Full path of a data file.</summary>
    /// <param name="file">Path relative to the view's folder.</param>
    internal string PathOf(string file) => Path.Combine(folder, file.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Writes rows, whole days together until a file has enough. A file lies under the date of its earliest day.</summary>
    /// <param name="session">Reads the rows.</param>
    /// <param name="relation">Gives the rows of a time range in microseconds (the bound is exclusive); it may have others.</param>
    /// <param name="select">The columns of <see cref="OfflineView.Columns"/>, as SQL over the relation.</param>
    /// <param name="rest">What stands behind the condition: which rows are kept, and their order.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    internal List<OfflineFile> WriteDays(DuckDbSession session, Func<long, long, string> relation, string select, string rest, CancellationToken cancellationToken)
    {
        var files = new List<OfflineFile>();
        var days = session.Query($"SELECT epoch_us(date_trunc('day', {EventTime})), count(*) FROM {relation(long.MinValue, long.MaxValue)} GROUP BY 1 ORDER BY 1");
        try
        {
            for (var start = 0; start < days.Count;)
            {
                var end = start;
                for (long count = 0; end < days.Count && count < targetRows; end++)
                {
                    count += (long)days[end][1]!;
                }

                cancellationToken.ThrowIfCancellationRequested();
                var from = (long)days[start][0]!;
                var bound = end < days.Count ? (long)days[end][0]! : long.MaxValue;
                var where = days.Count == 1
                    ? string.Empty
                    : string.Create(CultureInfo.InvariantCulture, $" WHERE epoch_us({EventTime}) >= {from} AND epoch_us({EventTime}) < {bound}");
                files.Add(Write(session, $"SELECT {select} FROM {relation(from, bound)}{where} {rest}", from, cancellationToken));
                start = end;
            }
        }
        catch
        {
            Delete(files);
            throw;
        }

        return files;
    }

    /// <summary>Writes the rows of a query, at least one, to a file.</summary>
    /// <param name="session">Runs the query.</param>
    /// <param name="query">The query.</param>
    /// <param name="day">The date under which the file lies, microseconds.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    internal OfflineFile Write(DuckDbSession session, string query, long day, CancellationToken cancellationToken)
    {
        var date = Microseconds.ToDateTimeOffset(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        // Not date=…: readers that take such folders for partitions would give every row of the file this date, and it holds several days.
        var relative = $"data/{date}/{Guid.NewGuid():D}.parquet";
        var path = PathOf(relative);
        var directory = Path.GetDirectoryName(path)!;
        DurableFile.CreateDirectories(disk, directory);
        try
        {
            session.Execute($"COPY ({query}) TO {Sql.Text(path)} ({OfflineFileFormat.CopyOptions(view)})", cancellationToken);
            disk.SyncFile(path);
            disk.SyncDirectory(directory);
            return Describe(session, relative, path);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Whether all files are still there: an owner that opened meanwhile takes files of no commit for left behind when they have outlived the grace time.</summary>
    /// <param name="files">What was written.</param>
    internal bool AreThere(IEnumerable<OfflineFile> files) => files.All(file => File.Exists(PathOf(file.Path)));

    /// <summary>Deletes files that no commit names, so that one which stays costs space and nothing else.</summary>
    /// <param name="files">The files.</param>
    internal void Delete(IEnumerable<OfflineFile> files)
    {
        foreach (var file in files)
        {
            File.Delete(PathOf(file.Path));
        }
    }

    /// <summary>Deletes files for good, and that is on the device.</summary>
    /// <param name="files">Paths relative to the view's folder; missing ones are passed over.</param>
    /// <returns>How many there were.</returns>
    internal int Erase(IReadOnlyCollection<string> files)
    {
        var found = files.Select(PathOf).Where(File.Exists).ToList();
        found.ForEach(File.Delete);
        foreach (var directory in files.Select(file => Path.GetDirectoryName(PathOf(file))!).Distinct(StringComparer.Ordinal).Where(Directory.Exists))
        {
            disk.SyncDirectory(directory);
        }

        return found.Count;
    }

    private static OfflineFile Describe(DuckDbSession session, string relative, string path)
    {
        var created = Sql.Name(FeatureViewDefinition.StoredCreatedTime);
        var sequence = Sql.Name(FeatureViewDefinition.StoredSequence);
        var row = session.Query(
            $"SELECT count(*), epoch_us(min({EventTime})), epoch_us(max({EventTime})), epoch_us(min({created})), epoch_us(max({created})), min({sequence}), max({sequence}) FROM read_parquet({Sql.File(path)}, hive_partitioning = false)")[0];
        var facts = Array.ConvertAll(row, fact => (long)fact!);
        return new OfflineFile(relative, facts[0], facts[1], facts[2], facts[3], facts[4], facts[5], facts[6], new FileInfo(path).Length) { XxHash128 = FileHash.Of(path) };
    }
}
