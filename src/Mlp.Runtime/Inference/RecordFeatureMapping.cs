using System.Linq.Expressions;
using System.Reflection;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>Compiles how a caller's record becomes a row of features: each feature takes the property of its name.</summary>
internal sealed class RecordFeatureMapping(ServingVersion version)
{
    private static readonly Dictionary<FeatureType, (Type Type, Type[] Exact, string Setter, string BlockSetter)> Types = new()
    {
        [FeatureType.Float32] = (typeof(float), [typeof(Half), typeof(short), typeof(ushort), typeof(sbyte), typeof(byte)], nameof(RecordCells.SetFloat32), nameof(RecordCells.SetFloat32s)),
        [FeatureType.Float64] = (
            typeof(double),
            [typeof(float), typeof(Half), typeof(int), typeof(uint), typeof(short), typeof(ushort), typeof(sbyte), typeof(byte)],
            nameof(RecordCells.SetFloat64),
            nameof(RecordCells.SetFloat64s)),
        [FeatureType.Int64] = (
            typeof(long), [typeof(int), typeof(uint), typeof(short), typeof(ushort), typeof(sbyte), typeof(byte)], nameof(RecordCells.SetInt64), nameof(RecordCells.SetInt64s)),
        [FeatureType.Boolean] = (typeof(bool), [], nameof(RecordCells.SetBoolean), nameof(RecordCells.SetBooleans)),
        [FeatureType.String] = (typeof(string), [], nameof(RecordCells.SetString), nameof(RecordCells.SetStrings)),
    };

    private readonly ParameterExpression _rows = Expression.Parameter(typeof(FeatureRows), "rows");
    private readonly ParameterExpression _row = Expression.Parameter(typeof(int), "row");

    /// <summary>Compiles the mapping.</summary>
    /// <typeparam name="TFeatures">The caller's type.</typeparam>
    /// <exception cref="ArgumentException">A feature has no property, more than one, or one of a type that does not fit.</exception>
    public RecordWriter<TFeatures> Compile<TFeatures>()
    {
        var record = Expression.Parameter(typeof(TFeatures).MakeByRefType(), "record");
        var body = new List<Expression>();
        if (!typeof(TFeatures).IsValueType)
        {
            body.Add(Expression.IfThen(
                Expression.ReferenceEqual(record, Expression.Constant(null, typeof(TFeatures))),
                Expression.Throw(Expression.New(typeof(ArgumentNullException).GetConstructor([typeof(string)])!, Expression.Constant("features")))));
        }

        var layout = version.Inputs.Layout;
        for (var column = 0; column < layout.Columns.Count;)
        {
            var (feature, width) = Unit(column);
            var property = Find(typeof(TFeatures), feature, width);
            body.Add(Write(Expression.Property(record, property), property, feature, column, width));
            column += width;
        }

        body.Add(Expression.Empty());
        return Expression.Lambda<RecordWriter<TFeatures>>(Expression.Block(body), record, _rows, _row).Compile();
    }

    /// <summary>A feature, or all that an input of several columns takes if nobody has named them one by one.</summary>
    private (FeatureColumn Feature, int Width) Unit(int column)
    {
        var feature = version.Inputs.Layout.Columns[column];
        var block = version.Inputs.Inputs.FirstOrDefault(i => i.Width > 1 && i.Type is not null && feature.Name == $"{i.Name}[0]");
        return block is null ? (feature, 1) : (feature with { Name = block.Name }, block.Width);
    }

    private PropertyInfo Find(Type type, FeatureColumn feature, int width)
    {
        var found = PropertyNames.Readable(type).Where(p => PropertyNames.Matches(p, feature.Name)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new ArgumentException(
                $"Expected type '{type.Name}' to have a property of type {Wanted(feature, width)} for feature '{feature.Name}', but found {PropertyNames.Text(type)} ({version.Where})."),
            _ => throw new ArgumentException(
                $"Expected one property of type '{type.Name}' for feature '{feature.Name}', but found {string.Join(", ", found.Select(p => $"'{p.Name}'"))} ({version.Where})."),
        };
    }

    private Expression Write(Expression value, PropertyInfo property, FeatureColumn feature, int column, int width)
    {
        var layout = version.Inputs.Layout;
        var (type, exact, setter, blockSetter) = Types[feature.Type];
        Expression[] place = [_rows, _row, Expression.Constant(column), Expression.Constant(layout.OffsetOf(column))];
        if (feature.IsVector)
        {
            Type[] vectors = [typeof(float[]), typeof(ReadOnlyMemory<float>), typeof(ReadOnlyMemory<float>?)];
            return vectors.Contains(property.PropertyType)
                ? Expression.Call(
                    typeof(RecordCells), nameof(RecordCells.SetVector), null, [.. place, Expression.Constant(feature.Length), AsMemory(value), Expression.Constant($"'{property.Name}' ({version.Where})")])
                : throw Mismatch(property, feature, width);
        }

        if (width > 1)
        {
            var element = property.PropertyType.IsSZArray ? property.PropertyType.GetElementType()! : null;
            Type[]? elements = exact.Length > 0 && element is not null ? [element] : null;
            return element == type || (element is not null && exact.Contains(element))
                ? Expression.Call(typeof(RecordCells), blockSetter, elements, [.. place, Expression.Constant(width), value, Expression.Constant($"'{property.Name}' ({version.Where})")])
                : throw Mismatch(property, feature, width);
        }

        var underlying = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (underlying != type && !exact.Contains(underlying))
        {
            throw Mismatch(property, feature, width);
        }

        if (underlying == property.PropertyType)
        {
            return Expression.Call(typeof(RecordCells), setter, null, [.. place, Expression.Convert(value, type)]);
        }

        var copy = Expression.Variable(property.PropertyType);
        return Expression.Block(
            [copy],
            Expression.Assign(copy, value),
            Expression.IfThenElse(
                Expression.Property(copy, "HasValue"),
                Expression.Call(typeof(RecordCells), setter, null, [.. place, Expression.Convert(Expression.Property(copy, "Value"), type)]),
                Expression.Call(typeof(RecordCells), nameof(RecordCells.SetNull), null, place[..3])));
    }

    /// <summary>A vector as memory; null where there is none.</summary>
    private static MethodCallExpression AsMemory(Expression value)
        => value.Type == typeof(float[]) ? Expression.Call(typeof(RecordCells), nameof(RecordCells.AsMemory), null, value) : Expression.Call(typeof(RecordCells), nameof(RecordCells.OfMemory), null, Expression.Convert(value, typeof(ReadOnlyMemory<float>?)));

    private ArgumentException Mismatch(PropertyInfo property, FeatureColumn feature, int width)
        => new(
            $"Expected property '{property.Name}' of type '{property.DeclaringType!.Name}' to be {Wanted(feature, width)} for feature '{feature.Name}', but found {Name(property.PropertyType)} ({version.Where}).");

    private static string Wanted(FeatureColumn feature, int width)
        => feature.IsVector ? FormattableString.Invariant($"Single[] or ReadOnlyMemory<Single> (a vector of {feature.Length})") : width > 1 ? $"{Types[feature.Type].Type.Name}[]" : Types[feature.Type].Type.Name;

    private static string Name(Type type) => Nullable.GetUnderlyingType(type) is { } underlying ? underlying.Name + "?" : type.Name;
}
