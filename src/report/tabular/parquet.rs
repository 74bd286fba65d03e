//! Parquet: the same bytes for the same report.

use std::sync::Arc;

use arrow_array::builder::{Date32Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{COLUMNS, Get, Row, VERSION, rows};
use crate::report::Report;

/// The key of the file's metadata that says which version of the table it holds.
pub const KEY: &str = "lucid-verify.table";

/// Rows, and bytes of their texts, that are handed on at once.
const ROWS: usize = 8192;
const BYTES: usize = 16 << 20;

/// Rows of a group: readers and this writer hold one at a time. `DuckDB`'s own have as many.
const GROUP: usize = 122_880;

/// Renders a report.
pub fn render(report: &Report) -> Vec<u8> {
    write(report).unwrap_or_else(|error| unreachable!("a table in memory: {error}"))
}

fn write(report: &Report) -> Result<Vec<u8>> {
    let field = |column: &super::Column| {
        let kind = match column.get {
            Get::Text(_) => DataType::Utf8,
            Get::Number(_) => DataType::Int64,
            Get::Date(_) => DataType::Date32,
        };
        Field::new(column.name, kind, true)
    };
    let schema = Arc::new(Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>()));
    let properties = WriterProperties::builder()
        .set_created_by(concat!("lucid-verify version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP))
        .set_key_value_metadata(Some(vec![KeyValue::new(KEY.to_owned(), VERSION.to_string())]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties))?;
    let (mut batch, mut written) = (Batch::new(schema), Ok(()));
    rows(report, &mut |row| {
        batch.push(row);
        if batch.is_full() && written.is_ok() {
            written = batch.take().and_then(|batch| writer.write(&batch));
        }
    });
    written?;
    writer.write(&batch.take()?)?;
    writer.into_inner()
}

/// Rows that are being gathered, as columns.
struct Batch {
    schema: SchemaRef,
    columns: Vec<Values>,
    rows: usize,
    bytes: usize,
}

/// The values of a column.
enum Values {
    Text(StringBuilder),
    Number(Int64Builder),
    Date(Date32Builder),
}

impl Batch {
    fn new(schema: SchemaRef) -> Self {
        let values = |column: &super::Column| match column.get {
            Get::Text(_) => Values::Text(StringBuilder::new()),
            Get::Number(_) => Values::Number(Int64Builder::new()),
            Get::Date(_) => Values::Date(Date32Builder::new()),
        };
        Self { schema, columns: COLUMNS.iter().map(values).collect(), rows: 0, bytes: 0 }
    }

    fn push(&mut self, row: &Row<'_>) {
        self.rows += 1;
        for (column, values) in COLUMNS.iter().zip(&mut self.columns) {
            match (column.get, values) {
                (Get::Text(of), Values::Text(values)) => {
                    let text = of(row);
                    self.bytes += text.as_ref().map_or(0, |text| text.len());
                    values.append_option(text);
                }
                (Get::Number(of), Values::Number(values)) => {
                    values.append_option(of(row).map(|number| i64::try_from(number).unwrap_or(i64::MAX)));
                }
                (Get::Date(of), Values::Date(values)) => values.append_option(of(row).and_then(days)),
                _ => {}
            }
        }
    }

    fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    fn take(&mut self) -> Result<RecordBatch> {
        (self.rows, self.bytes) = (0, 0);
        let finish = |values: &mut Values| -> ArrayRef {
            match values {
                Values::Text(values) => Arc::new(values.finish()),
                Values::Number(values) => Arc::new(values.finish()),
                Values::Date(values) => Arc::new(values.finish()),
            }
        };
        let columns = self.columns.iter_mut().map(finish).collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// Days since 1970.
fn days(day: NaiveDate) -> Option<i32> {
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()
}
