using System.Collections.Immutable;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>
/// What a table looked like, column by column, in a few kilobytes a column whatever the number of rows. Profiles of the parts of a table (days, processes, shards) merge into that of the whole. Immutable; safe for use by many threads.
/// </summary>
/// <remarks>
/// Merging is exact for counts, ranges, DDSketches, distinct counts, and frequent items up to their number of counters; mean and standard deviation agree to rounding, KLL sketches and more frequent items within their bounds.
/// Where a <see cref="ReferenceProfile"/> holds counts over bins that were chosen once, for comparison with one model, a data profile needs no reference, and two of them can be compared with each other.
/// </remarks>
public sealed class DataProfile
{
    /// <summary>The version of the file format that this library writes, and the newest that it reads.</summary>
    public const int FormatVersion = 1;

    private readonly Dictionary<string, ColumnProfile> _byName;

    internal DataProfile(RowTally rows, double squaredWeight, long? from, long? to, ImmutableArray<ColumnProfile> columns, ColumnProfile? score)
    {
        Rows = rows;
        SquaredWeight = squaredWeight;
        (FromMicroseconds, ToMicroseconds) = (from, to);
        Columns = columns;
        Score = score;
        _byName = new(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (!_byName.TryAdd(column.Name, column))
            {
                throw new ArgumentException($"Expected the names of columns to be distinct, but found '{column.Name}' twice.", nameof(columns));
            }
        }
    }

    /// <summary>Rows.</summary>
    public long RowCount => Rows.Count;

    /// <summary>The sum of the weights of all rows; their number where all weights are 1.</summary>
    public double Weight => Rows.Weight;

    /// <summary>n = (Σ w)² / Σ w²: as many rows of equal weight say as much (Kish, "Survey Sampling", 1965). <see cref="RowCount"/> where every weight is 1.</summary>
    public double EffectiveRowCount => RowCount == 0 ? 0 : Weight * Weight / SquaredWeight;

    /// <summary>The earliest time of a row, or null where no time is known.</summary>
    public DateTimeOffset? From => FromMicroseconds is { } time ? Time(time) : null;

    /// <summary>The latest time of a row, or null where no time is known.</summary>
    public DateTimeOffset? To => ToMicroseconds is { } time ? Time(time) : null;

    /// <summary>One profile per column, in the order of the table.</summary>
    public ImmutableArray<ColumnProfile> Columns { get; }

    /// <summary>The model's score, where the rows are predictions.</summary>
    public ColumnProfile? Score { get; }

    internal RowTally Rows { get; }

    internal double SquaredWeight { get; }

    internal long? FromMicroseconds { get; }

    internal long? ToMicroseconds { get; }

    /// <summary>The profile of a column, or null where there is none.</summary>
    /// <param name="name">The column's name, compared by ordinal.</param>
    public ColumnProfile? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The profile of the rows of both.</summary>
    /// <param name="other">Of other rows of the same table.</param>
    /// <exception cref="ArgumentException">The two have other columns, or were made with other settings.</exception>
    public DataProfile Merge(DataProfile other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new DataProfileBuilder().Add(this).Add(other).Build();
    }

    /// <summary>Writes the profile as bytes, which <see cref="Parse(ReadOnlySpan{byte})"/> reads back exactly.</summary>
    public byte[] ToBytes() => DataProfileSerializer.Write(this);

    /// <summary>Reads a profile.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> wrote.</param>
    /// <exception cref="InvalidDataException">It is no data profile, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static DataProfile Parse(ReadOnlySpan<byte> bytes) => DataProfileSerializer.Read(bytes.ToArray());

    /// <summary>Writes the profile to a file, in place of one that may be there: a reader sees the old profile or the new one, and after the call the new one is on the device.</summary>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        DurableFile.Replace(DiskSync.Instance, path, ToBytes());
    }

    /// <summary>Reads a profile from a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    /// <exception cref="CorruptFileException">It is no data profile, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static DataProfile Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Parse(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads what a file holds.</summary>
    /// <param name="bytes">Its bytes, which nobody changes any more.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="CorruptFileException">It is no data profile, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static DataProfile Parse(ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            return DataProfileSerializer.Read(bytes);
        }
        catch (InvalidDataException e)
        {
            throw new CorruptFileException(path, $"The profile '{path}' cannot be read: {e.Message}", innerException: e);
        }
        catch (UnsupportedFormatVersionException e)
        {
            throw new UnsupportedFormatVersionException(path, e.Found, e.Supported);
        }
    }

    private static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
