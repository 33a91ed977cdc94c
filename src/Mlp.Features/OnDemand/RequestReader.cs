using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Makes the request record of one row of a batch; compiled once per view.</summary>
internal sealed class RequestReader<TRequest>
{
    private readonly Func<RequestColumn[], int, TRequest> _read;

    private RequestReader(Func<RequestColumn[], int, TRequest> read) => _read = read;

    public TRequest Read(RequestColumn[] columns, int row) => _read(columns, row);

    public static RequestReader<TRequest> Compile(OnDemandFeatureViewDefinition view)
    {
        var columns = Expression.Parameter(typeof(RequestColumn[]), "columns");
        var row = Expression.Parameter(typeof(int), "row");
        var values = view.RequestProperties
            .Select((p, i) => (p.Property, Read(view, p.Property, p.Field, Expression.ArrayIndex(columns, Expression.Constant(i)), row)))
            .ToList();
        return new RequestReader<TRequest>(Expression.Lambda<Func<RequestColumn[], int, TRequest>>(RecordFactory.Make(typeof(TRequest), values), columns, row).Compile());
    }

    private static Expression Read(OnDemandFeatureViewDefinition view, PropertyInfo property, FeatureField field, Expression column, ParameterExpression row)
    {
        var value = Expression.Call(column, GetterOf(property, field), null, row);
        if (RequestRange.Of(property.PropertyType) is { } range)
        {
            value = Expression.Call(Expression.Constant(range), nameof(RequestRange.Require), null, value, Expression.Call(column, nameof(RequestColumn.NumberOf), null, row), Expression.Constant($"{typeof(TRequest).Name}.{property.Name}"), Expression.Constant(field.Name), Expression.Constant(view, typeof(OnDemandFeatureViewDefinition)));
        }

        if (property.PropertyType == typeof(string) || property.PropertyType == typeof(float[]))
        {
            return value;
        }

        if (Nullable.GetUnderlyingType(property.PropertyType) is not null)
        {
            return Expression.ConvertChecked(value, property.PropertyType);
        }

        var require = typeof(RequestReader<TRequest>).GetMethod(nameof(Require), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(Nullable.GetUnderlyingType(value.Type)!);
        return Expression.ConvertChecked(
            Expression.Call(require, value, Expression.Constant($"{typeof(TRequest).Name}.{property.Name}"), Expression.Constant(field.Name), Expression.Constant(view, typeof(OnDemandFeatureViewDefinition)), Expression.Call(column, nameof(RequestColumn.NumberOf), null, row)),
            property.PropertyType);
    }

    internal static string GetterOf(PropertyInfo property, FeatureField field) => field.Type switch
    {
        FeatureType.Float32 when field.IsVector => property.PropertyType == typeof(float[]) ? nameof(RequestColumn.GetArray) : nameof(RequestColumn.GetMemory),
        FeatureType.Float32 => nameof(RequestColumn.GetFloat32),
        FeatureType.Float64 => nameof(RequestColumn.GetFloat64),
        FeatureType.Int64 => nameof(RequestColumn.GetInt64),
        FeatureType.Boolean => nameof(RequestColumn.GetBoolean),
        _ => nameof(RequestColumn.GetString),
    };

    private static T Require<T>(T? value, string property, string column, OnDemandFeatureViewDefinition view, long row)
        where T : struct
        => value ?? throw new SpineException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Expected a value in column '{column}' of the rows for '{property}' of the {view}, but found null in row {row}. Make the property nullable if it may be absent."),
            column,
            row);
}
