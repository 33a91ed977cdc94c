using System.Linq.Expressions;
using System.Reflection;
using Mlp.Features.Definitions;

namespace Mlp.Features.OnDemand;

/// <summary>Writes the expression that makes a record of the values of its properties.</summary>
internal static class RecordFactory
{
    /// <summary>Makes a record by its longest constructor, then by its settable properties.</summary>
    /// <param name="record">The record.</param>
    /// <param name="values">Values, of exactly the types of the properties.</param>
    public static MemberInitExpression Make(Type record, IReadOnlyList<(PropertyInfo Property, Expression Value)> values)
    {
        var constructor = RecordConstruction.ConstructorOf(record);
        var passed = new HashSet<PropertyInfo>();
        var arguments = constructor?.GetParameters().Select(parameter =>
        {
            var match = values.FirstOrDefault(v => RecordConstruction.ParameterOf(record, v.Property) is { } p && p.Position == parameter.Position);
            if (match.Property is null)
            {
                return parameter.HasDefaultValue
                    ? Expression.Constant(parameter.DefaultValue, parameter.ParameterType)
                    : (Expression)Expression.Default(parameter.ParameterType);
            }

            passed.Add(match.Property);
            return match.Value;
        }).ToArray();
        var made = constructor is null ? Expression.New(record) : Expression.New(constructor, arguments!);
        return Expression.MemberInit(made, values.Where(v => !passed.Contains(v.Property)).Select(v => Expression.Bind(v.Property, v.Value)));
    }
}
