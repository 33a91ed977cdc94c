using System.Linq.Expressions;
using System.Reflection;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Compiles a function that makes a request record from one row of columns.</summary>
internal static class RequestReader
{
    private static readonly NullabilityInfoContext Nullability = new();

    /// <param name="definition">Name of the on-demand view, for messages.</param>
    /// <param name="properties">The properties of the request, one per column.</param>
    internal static Func<RequestColumn[], int, TRequest> Compile<TRequest>(string definition, IReadOnlyList<PropertyInfo> properties)
    {
        var columns = Expression.Parameter(typeof(RequestColumn[]), "columns");
        var row = Expression.Parameter(typeof(int), "row");
        var values = properties.Select((p, i) => (Property: p, Value: Read(p, Expression.ArrayIndex(columns, Expression.Constant(i)), row))).ToList();
        var constructor = RecordConstruction.ConstructorOf(typeof(TRequest));
        var arguments = new List<Expression>();
        foreach (var parameter in constructor?.GetParameters() ?? [])
        {
            var index = values.FindIndex(v => RecordConstruction.ParameterOf(typeof(TRequest), v.Property) == parameter);
            if (index < 0)
            {
                throw new FeatureDefinitionException(
                    definition, $"Expected every parameter of the constructor of '{typeof(TRequest).Name}' to have a property of its name and type, but '{parameter.Name}' has none.");
            }

            arguments.Add(values[index].Value);
            values.RemoveAt(index);
        }

        var made = constructor is null ? Expression.New(typeof(TRequest)) : Expression.New(constructor, arguments);
        var body = Expression.MemberInit(made, values.Select(v => Expression.Bind(v.Property, v.Value)));
        return Expression.Lambda<Func<RequestColumn[], int, TRequest>>(body, columns, row).Compile();
    }

    private static Expression Read(PropertyInfo property, Expression column, Expression row)
    {
        var type = property.PropertyType;
        var underlying = Nullable.GetUnderlyingType(type) ?? type;
        var feature = RecordTypes.FeatureTypeOf(type)!.Value;
        if (feature == FeatureType.String)
        {
            var text = Expression.Call(column, nameof(RequestColumn.Text), null, row);
            return IsNullableText(property) ? text : Expression.Call(column, nameof(RequestColumn.RequiredText), null, text, row);
        }

        Expression value = Expression.Call(column, feature.ToString(), null, row);
        var isNullable = type != underlying;
        if (feature == FeatureType.Int64 && underlying != typeof(long))
        {
            Expression Narrow(Expression integer) => Expression.Call(column, nameof(RequestColumn.Narrow), [underlying], integer, row);
            var required = Expression.Call(column, nameof(RequestColumn.Required), [typeof(long)], value, row);
            return isNullable
                ? Expression.Condition(
                    Expression.Property(value, "HasValue"), Expression.Convert(Narrow(Expression.Property(value, "Value")), type), Expression.Default(type))
                : Narrow(required);
        }

        return isNullable ? value : Expression.Call(column, nameof(RequestColumn.Required), [underlying], value, row);
    }

    private static bool IsNullableText(PropertyInfo property)
    {
        // The context caches and is not thread-safe.
        lock (Nullability)
        {
            return Nullability.Create(property).ReadState != NullabilityState.NotNull;
        }
    }
}
