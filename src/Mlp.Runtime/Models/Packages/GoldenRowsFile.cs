using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models.Packages;

/// <summary>
/// Golden rows as an Arrow IPC stream of one batch: a column "feature.name" per feature (null where it is not present), "status" (one byte per feature) and "expected" (the values of
/// the score output). Format, version and tolerance stand in the schema's metadata, which comes first. The same rows give the same bytes.
/// </summary>
internal static class GoldenRowsFile
{
    /// <summary>The newest format version that is read. Written is 1, or 2 where a feature is a vector: a column of fixed-size lists.</summary>
    public const int CurrentFormatVersion = VectorLength.FirstFormatVersion;

    private const string FormatName = "mlp-golden-rows";
    private const string FormatKey = SchemaMetadata.Format;
    private const string VersionKey = SchemaMetadata.FormatVersion;
    private const string ToleranceKey = "mlp.tolerance";
    private const string ViewKey = SchemaMetadata.View;
    private const string FeaturePrefix = "feature.";
    private const string StatusColumn = "status";
    private const string ExpectedColumn = "expected";

    /// <summary>Writes rows.</summary>
    /// <param name="golden">The rows.</param>
    public static byte[] Write(GoldenRows golden)
    {
        var columns = golden.Features;
        var fields = columns
            .Select(c => new Field(FeaturePrefix + c.Name, FeatureRowColumns.TypeOf(c), nullable: true, c.View.Length == 0 ? null : [new(ViewKey, c.View)]))
            .Append(new Field(StatusColumn, BinaryType.Default, nullable: false))
            .Append(new Field(ExpectedColumn, new ListType(DoubleType.Default), nullable: false));
        var schema = new Schema(
            fields,
            [
                new(FormatKey, FormatName),
                new(VersionKey, (golden.Rows.Layout.HasVectors ? VectorLength.FirstFormatVersion : VersionedJson.FirstVersion).ToString(CultureInfo.InvariantCulture)),
                new(ToleranceKey, golden.Tolerance.ToString("R", CultureInfo.InvariantCulture)),
            ]);
        IArrowArray[] arrays = [.. columns.Select((_, c) => FeatureRowColumns.Create(golden.Rows, c)), Statuses(golden.Rows), Expected(golden)];
        using var batch = new RecordBatch(schema, arrays, golden.Count);
        using var stream = new MemoryStream();
        using (var writer = new ArrowStreamWriter(stream, schema, leaveOpen: true))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        return stream.ToArray();
    }

    /// <summary>Reads rows.</summary>
    /// <param name="content">Bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="CorruptFileException">The bytes are not golden rows.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote them.</exception>
    public static GoldenRows Read(ReadOnlyMemory<byte> content, string path)
    {
        try
        {
            return ReadStream(content, path);
        }
        catch (Exception e) when (e is not (MlPlatformException or OutOfMemoryException))
        {
            // Whatever the Arrow reader makes of bytes that somebody else wrote: its exceptions are of many kinds.
            throw new CorruptFileException(path, $"Expected golden rows as an Arrow IPC stream in '{path}', but it cannot be read: {e.Message}", innerException: e);
        }
    }

    private static GoldenRows ReadStream(ReadOnlyMemory<byte> content, string path)
    {
        using var reader = new ArrowStreamReader(content);
        var metadata = reader.Schema.Metadata;
        if (metadata is null || !metadata.TryGetValue(FormatKey, out var format) || format != FormatName)
        {
            throw Unexpected(path, $"\"{FormatKey}\": \"{FormatName}\" in the schema's metadata", "none");
        }

        if (!metadata.TryGetValue(VersionKey, out var text) || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version < 1)
        {
            throw Unexpected(path, $"a '{VersionKey}' of at least 1", "none");
        }

        if (version > CurrentFormatVersion)
        {
            throw new UnsupportedFormatVersionException(path, version, CurrentFormatVersion);
        }

        using var batch = reader.ReadNextRecordBatch() ?? throw Unexpected(path, "rows", "none");
        var tolerance = double.Parse(metadata[ToleranceKey], NumberStyles.Float, CultureInfo.InvariantCulture);
        return Create(batch, tolerance, path);
    }

    private static GoldenRows Create(RecordBatch batch, double tolerance, string path)
    {
        if (batch.Length is < 1 or > GoldenRows.MaximumCount)
        {
            throw Unexpected(path, FormattableString.Invariant($"1 to {GoldenRows.MaximumCount} rows"), FormattableString.Invariant($"{batch.Length}"));
        }

        Field[] fields = [.. batch.Schema.FieldsList.Where(f => f.Name.StartsWith(FeaturePrefix, StringComparison.Ordinal))];
        var rows = new FeatureRows(new FeatureRowLayout([.. fields.Select(Column)]), batch.Length);
        rows.Reset(batch.Length);
        ReadStatuses((BinaryArray)batch.Column(StatusColumn), rows);
        for (var c = 0; c < fields.Length; c++)
        {
            ReadValues(batch.Column(fields[c].Name), rows, c);
        }

        return new GoldenRows(rows, ReadExpected((ListArray)batch.Column(ExpectedColumn), batch.Length), tolerance);
    }

    private static FeatureColumn Column(Field field)
    {
        FeatureType type = field.DataType switch
        {
            FloatType => FeatureType.Float32,
            DoubleType => FeatureType.Float64,
            Int64Type => FeatureType.Int64,
            BooleanType => FeatureType.Boolean,
            StringType => FeatureType.String,
            FixedSizeListType { ValueDataType: FloatType } => FeatureType.Float32,
            var other => throw new InvalidDataException($"Expected the type of a feature, but found {other.Name}."),
        };
        var view = field.Metadata is not null && field.Metadata.TryGetValue(ViewKey, out var name) ? name : string.Empty;
        return new FeatureColumn(field.Name[FeaturePrefix.Length..], type, view) { Length = field.DataType is FixedSizeListType vector ? vector.ListSize : 1 };
    }

    private static void ReadStatuses(BinaryArray statuses, FeatureRows rows)
    {
        for (var row = 0; row < rows.RowCount; row++)
        {
            var bytes = statuses.GetBytes(row);
            var target = rows.StatusOf(row);
            if (bytes.Length != target.Length)
            {
                throw new InvalidDataException("Expected one status per feature, but found another number.");
            }

            for (var c = 0; c < bytes.Length; c++)
            {
                var status = (FeatureStatus)bytes[c];
                target[c] = Enum.IsDefined(status) ? status : throw new InvalidDataException("Expected a known status, but found another one.");
            }
        }
    }

    private static void ReadValues(IArrowArray array, FeatureRows rows, int column)
    {
        var ordinal = rows.Layout.OffsetOf(column);
        for (var row = 0; row < rows.RowCount; row++)
        {
            if (array.IsNull(row))
            {
                continue;
            }

            switch (array)
            {
                case FloatArray values:
                    rows.Float32Of(row)[ordinal] = values.Values[row];
                    break;
                case DoubleArray values:
                    rows.Float64Of(row)[ordinal] = values.Values[row];
                    break;
                case Int64Array values:
                    rows.Int64Of(row)[ordinal] = values.Values[row];
                    break;
                case BooleanArray values:
                    rows.BooleanOf(row)[ordinal] = values.GetValue(row)!.Value;
                    break;
                case FixedSizeListArray vectors when VectorColumn.TryCreate(vectors) is { } values:
                    var length = rows.Layout.Columns[column].Length;
                    values.Require(row, length, static (expected, found, _) => new InvalidDataException($"Expected {expected}, but found {found}."))
                        .CopyTo(rows.Float32Of(row).Slice(ordinal, length));
                    break;
                case StringArray values:
                    rows.SetString(row, ordinal, values.GetBytes(row));
                    break;
                default:
                    throw new InvalidDataException("Expected values of the type that the schema declares, but found others.");
            }
        }
    }

    private static double[] ReadExpected(ListArray lists, int rowCount)
    {
        var values = ((DoubleArray)lists.Values).Values;
        var expected = new List<double>();
        var width = lists.GetValueLength(0);
        for (var row = 0; row < rowCount; row++)
        {
            if (lists.GetValueLength(row) != width)
            {
                throw new InvalidDataException("Expected the same number of outputs in each row, but found different ones.");
            }

            expected.AddRange(values.Slice(lists.ValueOffsets[row], width));
        }

        return [.. expected];
    }

    private static BinaryArray Statuses(FeatureRows rows)
    {
        var builder = new BinaryArray.Builder();
        for (var row = 0; row < rows.RowCount; row++)
        {
            builder.Append(System.Runtime.InteropServices.MemoryMarshal.Cast<FeatureStatus, byte>(rows.StatusOf(row)));
        }

        return builder.Build();
    }

    private static ListArray Expected(GoldenRows golden)
    {
        var lists = new ListArray.Builder(DoubleType.Default);
        var values = (DoubleArray.Builder)lists.ValueBuilder;
        for (var row = 0; row < golden.Count; row++)
        {
            lists.Append();
            values.AppendRange(golden.Expected.Slice(row * golden.OutputWidth, golden.OutputWidth).ToArray());
        }

        return lists.Build();
    }

    private static CorruptFileException Unexpected(string path, string expected, string found)
        => new(path, $"Expected golden rows with {expected} in '{path}', but found {found}.");
}
